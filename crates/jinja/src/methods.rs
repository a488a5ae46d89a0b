//! The methods of Python's own types.

mod containers;
mod text;
mod views;

pub use containers::pairs;
pub use text::{capitalize, justify, split_lines, strip};

use super::args::Args;
use super::environment::State;
use super::error::{Error, Result};
use super::value::Value;
use std::sync::Arc;

/// `xs.append` as a value.
pub struct BoundMethod {
    pub receiver: Value,
    pub name: Arc<str>,
}

fn names(value: &Value) -> &'static [&'static str] {
    match value {
        Value::Str(_) => text::NAMES,
        Value::List(_) => containers::LIST,
        Value::Tuple(_) | Value::Range(_) => containers::TUPLE,
        Value::Dict(_) => containers::DICT,
        Value::Set(_) => containers::SET,
        Value::Float(_) => &["is_integer"],
        Value::Int(_) | Value::Bool(_) => &["bit_length"],
        _ => &[],
    }
}

pub fn has(value: &Value, name: &str) -> bool {
    names(value).contains(&name)
}

pub fn call(state: &mut State<'_>, receiver: &Value, name: &str, args: Args) -> Result<Value> {
    match receiver {
        Value::Str(text) => text::call(state, text, name, args),
        Value::List(list) => containers::list(state, list, name, args),
        Value::Tuple(items) => containers::sequence(items, "tuple", name, args),
        Value::Range(range) => {
            let items: Vec<Value> = range.iter().map(Value::Int).collect();
            containers::sequence(&items, "range", name, args)
        }
        Value::Dict(dict) => containers::dict(dict, name, args),
        Value::Set(set) => containers::set(set, name, args),
        Value::Float(float) if name == "is_integer" => Ok(Value::Bool(float.fract() == 0.0)),
        Value::Int(int) if name == "bit_length" => Ok(Value::from(128 - int.unsigned_abs().leading_zeros())),
        _ => Err(Error::type_error(format!("'{}' object has no method '{name}'", receiver.type_name()))),
    }
}
