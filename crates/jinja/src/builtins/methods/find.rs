//! From a value to the methods of its type.

use super::{dict, number, sequence, set, str};
use crate::value::{Args, MethodCall, State, Value};

/// Whether Python's type of `value` has a method of this name.
pub(in crate::builtins) fn has(value: &Value, name: &str) -> bool {
    let names = match value {
        Value::Str(_) => str::METHODS.names(),
        Value::List(_) => sequence::LIST.names(),
        Value::Tuple(_) => sequence::TUPLE.names(),
        Value::Range(_) => sequence::RANGE.names(),
        Value::Dict(_) => dict::METHODS.names(),
        Value::Set(_) => set::METHODS.names(),
        Value::Float(_) => number::FLOAT.names(),
        Value::Int(_) | Value::Bool(_) => number::INT.names(),
        _ => &[],
    };
    names.contains(&name)
}

/// `receiver.name(args)`, if its type has such a method.
pub(in crate::builtins) fn call(
    state: &mut State<'_>,
    receiver: &Value,
    name: &str,
    args: Args,
) -> MethodCall {
    match receiver {
        Value::Str(text) => str::METHODS.try_call(state, text, name, args),
        Value::List(list) => sequence::LIST.try_call(state, list, name, args),
        Value::Tuple(items) => sequence::TUPLE.try_call(state, items, name, args),
        Value::Range(range) => {
            let numbers: Vec<Value> = range.iter().map(Value::Int).collect();
            sequence::RANGE.try_call(state, &numbers, name, args)
        }
        Value::Dict(dict) => dict::METHODS.try_call(state, dict, name, args),
        Value::Set(set) => set::METHODS.try_call(state, set, name, args),
        Value::Float(float) => number::FLOAT.try_call(state, float, name, args),
        Value::Int(int) => number::INT.try_call(state, int, name, args),
        Value::Bool(flag) => number::INT.try_call(state, &i128::from(*flag), name, args),
        _ => MethodCall::Unknown(args),
    }
}
