//! Walking over values: the items of what can be iterated, the entries of what is a mapping, lengths.

use super::types::Value;
use crate::error::{Error, Result};

impl Value {
    /// What `for` walks over: the items of a sequence, the keys of a mapping, the characters of a text. A
    /// generator is used up.
    ///
    /// # Errors
    /// The value cannot be iterated (a number, none, a function).
    pub fn iterate(&self) -> Result<Vec<Value>> {
        match self {
            Value::List(list) => Ok(list.items()),
            Value::Tuple(items) => Ok(items.to_vec()),
            Value::Dict(dict) => Ok(dict.keys()),
            Value::Set(set) => Ok(set.items()),
            Value::Str(text) => {
                let mut buffer = [0; 4];
                Ok(text.chars().map(|c| Value::from(&*c.encode_utf8(&mut buffer))).collect())
            }
            Value::Iter(iter) => Ok(iter.drain()),
            Value::Range(range) => Ok(range.iter().map(Value::Int).collect()),
            Value::Undefined(_) => Ok(Vec::new()),
            Value::Object(object) => object.iterate().ok_or_else(|| not_iterable(self)),
            _ => Err(not_iterable(self)),
        }
    }

    /// `len(value)`.
    ///
    /// # Errors
    /// The value has no length (a number, none, a generator).
    pub fn length(&self) -> Result<usize> {
        let none = || Error::type_error(format!("object of type '{}' has no len()", self.type_name()));
        Ok(match self {
            Value::Str(text) => text.chars().count(),
            Value::List(list) => list.len(),
            Value::Tuple(items) => items.len(),
            Value::Dict(dict) => dict.len(),
            Value::Set(set) => set.len(),
            Value::Range(range) => range.len(),
            Value::Undefined(_) => 0,
            Value::Object(object) => object.length().ok_or_else(none)?,
            Value::Iter(_) => return Err(none().hint("a generator has no length: put '| list' before it")),
            _ => return Err(none()),
        })
    }

    /// Keys and values of a dict or a mapping object.
    ///
    /// # Errors
    /// The value is not a mapping.
    pub fn entries(&self) -> Result<Vec<(Value, Value)>> {
        match self {
            Value::Dict(dict) => Ok(dict.entries()),
            Value::Object(object) if object.is_mapping() => {
                let keys = object.iterate().unwrap_or_default();
                keys.into_iter()
                    .map(|key| Ok((key.clone(), object.get_item(&key)?.unwrap_or(Value::None))))
                    .collect()
            }
            Value::Undefined(undefined) => Err(Error::undefined(undefined.message())),
            other => Err(Error::type_error(format!("a mapping is needed, not '{}'", other.type_name()))),
        }
    }

    /// What `dict(...)` and `update(...)` take: a mapping, or pairs.
    pub fn pairs(&self) -> Result<Vec<(Value, Value)>> {
        let is_mapping = match self {
            Value::Dict(_) | Value::Undefined(_) => true,
            Value::Object(object) => object.is_mapping(),
            _ => false,
        };
        if is_mapping {
            return self.entries();
        }
        self.iterate()?
            .iter()
            .enumerate()
            .map(|(index, pair)| match <[Value; 2]>::try_from(pair.iterate()?) {
                Ok([key, value]) => Ok((key, value)),
                Err(other) => Err(Error::value(format!(
                    "dictionary update sequence element #{index} has length {}; 2 is required",
                    other.len()
                ))),
            })
            .collect()
    }
}

fn not_iterable(value: &Value) -> Error {
    Error::type_error(format!("'{}' object is not iterable", value.type_name()))
}
