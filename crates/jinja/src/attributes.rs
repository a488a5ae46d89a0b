//! `a.b`, `a['b']` and slices. A dot tries the attribute, then the item; brackets the other way round.

use super::collections::Key;
use super::environment::{State, UndefinedMode};
use super::error::{Error, Result};
use super::eval::undefined_error;
use super::methods::{self, BoundMethod};
use super::value::Value;
use std::sync::Arc;

pub fn get_attribute(state: &State<'_>, value: &Value, name: &Arc<str>) -> Result<Value> {
    if let Value::Undefined(undefined) = value {
        return match state.environment.undefined {
            UndefinedMode::Chainable => Ok(value.clone()),
            UndefinedMode::Lenient => Err(undefined_error(state, undefined)),
        };
    }
    if let Some(found) = attribute(value, name) {
        return Ok(found);
    }
    let key = Value::Str(name.clone());
    Ok(item(value, &key)?.unwrap_or_else(|| missing(value, &key)))
}

pub fn get_item(state: &State<'_>, value: &Value, key: &Value) -> Result<Value> {
    if let Value::Undefined(undefined) = value {
        return match state.environment.undefined {
            UndefinedMode::Chainable => Ok(value.clone()),
            UndefinedMode::Lenient => Err(undefined_error(state, undefined)),
        };
    }
    if let Some(found) = item(value, key)? {
        return Ok(found);
    }
    if let Value::Str(name) = key
        && let Some(found) = attribute(value, name)
    {
        return Ok(found);
    }
    Ok(missing(value, key))
}

/// A dotted path, as filters take it: `a.b.0`. Ints are indices.
pub fn get_path(state: &State<'_>, value: &Value, path: &Value) -> Result<Value> {
    let Value::Str(path) = path else { return get_item(state, value, path) };
    let mut value = value.clone();
    for part in path.split('.') {
        let key = match part.parse::<i128>() {
            Ok(index) => Value::Int(index),
            Err(_) => Value::from(part),
        };
        value = get_item(state, &value, &key)?;
    }
    Ok(value)
}

pub fn attribute(value: &Value, name: &Arc<str>) -> Option<Value> {
    if let Value::Object(object) = value {
        if let Some(found) = object.get_attr(name) {
            return Some(found);
        }
        return object
            .method_names()
            .contains(&&**name)
            .then(|| Value::Method(Arc::new(BoundMethod { receiver: value.clone(), name: name.clone() })));
    }
    if let Value::Macro(item) = value {
        return item.attribute(name);
    }
    methods::has(value, name)
        .then(|| Value::Method(Arc::new(BoundMethod { receiver: value.clone(), name: name.clone() })))
}

/// `value[key]`, `None` where Python raises an error that jinja turns into undefined.
fn item(value: &Value, key: &Value) -> Result<Option<Value>> {
    let index = |length: usize| {
        let index = key.as_int()?;
        let index = if index < 0 { index + length as i128 } else { index };
        usize::try_from(index).ok().filter(|index| *index < length)
    };
    Ok(match value {
        Value::Dict(dict) => match key {
            Value::Str(key) => dict.get_str(key),
            other => match Key::new(other.clone()) {
                Ok(key) => dict.get(&key),
                Err(_) => None,
            },
        },
        Value::List(list) => index(list.len()).and_then(|index| list.get(index)),
        Value::Tuple(items) => index(items.len()).map(|index| items[index].clone()),
        Value::Range(range) => index(range.len()).map(|i| Value::Int(range.start + i as i128 * range.step)),
        Value::Str(text) if text.is_ascii() => {
            index(text.len()).map(|index| Value::from(&text[index..=index]))
        }
        Value::Str(text) => {
            index(text.chars().count()).and_then(|i| text.chars().nth(i)).map(|c| Value::from(c.to_string()))
        }
        Value::Object(object) => object.get_item(key)?,
        _ => None,
    })
}

/// `'dict object' has no attribute 'x'`, said when the undefined value is used.
fn missing(value: &Value, key: &Value) -> Value {
    let of = match value {
        Value::None => "None".to_owned(),
        other => format!("{} object", other.type_name()),
    };
    match key {
        Value::Str(name) => {
            Value::undefined_because(name.clone(), format!("'{of}' has no attribute '{name}'"))
        }
        other => Value::undefined_because(other.to_string(), format!("{of} has no element {}", other.repr())),
    }
}

pub fn slice(value: &Value, start: &Value, stop: &Value, step: &Value) -> Result<Value> {
    let part = |part: &Value| match part {
        Value::None | Value::Undefined(_) => Ok(None),
        other => other.as_int().map(Some).ok_or_else(|| {
            Error::type_error("slice indices must be integers or None or have an __index__ method")
        }),
    };
    let (start, stop, step) = (part(start)?, part(stop)?, part(step)?.unwrap_or(1));
    if step == 0 {
        return Err(Error::value("slice step cannot be zero"));
    }
    match value {
        Value::Str(text) => {
            let characters: Vec<char> = text.chars().collect();
            let picked: String =
                indices(characters.len(), start, stop, step).map(|i| characters[i]).collect();
            Ok(Value::from(picked))
        }
        Value::List(list) => {
            let items = list.items();
            let picked: Vec<Value> =
                indices(items.len(), start, stop, step).map(|i| items[i].clone()).collect();
            Ok(Value::from(picked))
        }
        Value::Tuple(items) => {
            Ok(Value::tuple(indices(items.len(), start, stop, step).map(|i| items[i].clone())))
        }
        Value::Range(range) => {
            let picked = indices(range.len(), start, stop, step)
                .map(|i| Value::Int(range.start + i as i128 * range.step));
            Ok(Value::list(picked))
        }
        Value::Undefined(undefined) => Err(Error::undefined(undefined.message())),
        // What cannot be sliced is undefined in jinja, and says so when it is used.
        Value::Object(object) => match object.iterate() {
            Some(items) if !object.is_mapping() => {
                Ok(Value::list(indices(items.len(), start, stop, step).map(|i| items[i].clone())))
            }
            _ => Ok(unsliceable(value)),
        },
        other => Ok(unsliceable(other)),
    }
}

fn unsliceable(value: &Value) -> Value {
    Value::undefined_because("slice", format!("'{}' object cannot be sliced", value.type_name()))
}

/// The indices that a slice picks, by Python's rules.
pub fn indices(
    length: usize,
    start: Option<i128>,
    stop: Option<i128>,
    step: i128,
) -> impl Iterator<Item = usize> {
    let length = length as i128;
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |index: i128| (if index < 0 { index.saturating_add(length) } else { index }).clamp(low, high);
    let start = start.map_or(if step > 0 { low } else { high }, clamp);
    let stop = stop.map_or(if step > 0 { high } else { low }, clamp);
    let mut at = start;
    std::iter::from_fn(move || {
        let more = if step > 0 { at < stop } else { at > stop };
        if !more {
            return None;
        }
        let index = at;
        at = at.saturating_add(step);
        usize::try_from(index).ok()
    })
}
