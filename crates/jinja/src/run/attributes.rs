//! `a.b` and `a['b']`. A dot tries the attribute, then the item; brackets the other way round.

use crate::error::Result;
use crate::run::undefined;
use crate::value::{BoundMethod, Key, State, Value};
use std::sync::Arc;

pub(crate) fn get_attribute(state: &State<'_>, value: &Value, name: &Arc<str>) -> Result<Value> {
    if let Value::Undefined(undefined) = value {
        return undefined::use_of(state, value, undefined);
    }
    if let Some(found) = attribute(state, value, name) {
        return Ok(found);
    }
    let key = Value::Str(name.clone());
    Ok(item(state, value, &key)?.unwrap_or_else(|| missing(value, &key)))
}

pub(crate) fn get_item(state: &State<'_>, value: &Value, key: &Value) -> Result<Value> {
    if let Value::Undefined(undefined) = value {
        return undefined::use_of(state, value, undefined);
    }
    if let Some(found) = item(state, value, key)? {
        return Ok(found);
    }
    if let Value::Str(name) = key
        && let Some(found) = attribute(state, value, name)
    {
        return Ok(found);
    }
    Ok(missing(value, key))
}

/// A dotted path, as filters take it: `a.b.0`. Ints are indices.
pub(crate) fn get_path(state: &State<'_>, value: &Value, path: &Value) -> Result<Value> {
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

/// The attribute of a value, without its items; a method is one.
pub(crate) fn attribute(state: &State<'_>, value: &Value, name: &Arc<str>) -> Option<Value> {
    let is_method = match value {
        Value::Object(object) => match object.get_attr(name) {
            Some(found) => return Some(found),
            None => object.method_names().contains(&&**name),
        },
        _ => (state.environment.builtins.has_method)(value, name),
    };
    is_method.then(|| Value::Method(Arc::new(BoundMethod { receiver: value.clone(), name: name.clone() })))
}

/// `value[key]`, `None` where Python raises an error that jinja turns into undefined.
fn item(state: &State<'_>, value: &Value, key: &Value) -> Result<Option<Value>> {
    let index = |length: usize| key.as_place(length);
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
        Value::Object(object) => object.get_item_in(state, key)?,
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
