//! Slices: `xs[start:stop:step]`.

use super::types::Value;
use crate::error::{Error, Result};

impl Value {
    /// `self[start:stop:step]`, where what is `none` or undefined is left out.
    ///
    /// # Errors
    /// A bound is not a whole number, the step is 0, or the value cannot be sliced.
    pub fn slice(&self, start: &Value, stop: &Value, step: &Value) -> Result<Value> {
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
        match self {
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
                _ => Ok(unsliceable(self)),
            },
            other => Ok(unsliceable(other)),
        }
    }
}

fn unsliceable(value: &Value) -> Value {
    Value::undefined_because("slice", format!("'{}' object cannot be sliced", value.type_name()))
}

/// The indices that a slice picks, by Python's rules.
fn indices(
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
