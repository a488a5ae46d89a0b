//! Calls of values, and of methods by their names.

use crate::error::{Error, Result};
use crate::options::UndefinedMode;
use crate::run::attributes;
use crate::run::undefined;
use crate::value::{Args, MethodCall, State, Value};
use std::sync::Arc;

/// Calls a value.
pub(crate) fn call(state: &mut State<'_>, callee: &Value, args: Args) -> Result<Value> {
    match callee {
        Value::Function(function) => {
            state.stack.check()?;
            (function.body)(state, args)
        }
        Value::Method(method) => call_method(state, &method.receiver, &method.name, args),
        Value::Object(object) => {
            state.stack.check()?;
            object.call(state, args)
        }
        Value::Undefined(undefined) => undefined::use_of(state, callee, undefined),
        other => Err(Error::type_error(format!("'{}' object is not callable", other.type_name()))),
    }
}

/// `receiver.name(args)`. A method is called on its object without becoming a value first.
pub(crate) fn call_method(
    state: &mut State<'_>,
    receiver: &Value,
    name: &Arc<str>,
    mut args: Args,
) -> Result<Value> {
    if let Value::Object(object) = receiver {
        state.stack.check()?;
        if let Some(result) = object.call_method(state, name, &args) {
            return result;
        }
    } else {
        match (state.environment.builtins.call_method)(state, receiver, name, args) {
            MethodCall::Done(result) => return result,
            MethodCall::Unknown(unused) => args = unused,
        }
    }
    let callee = attributes::get_attribute(state, receiver, name)?;
    if let (Value::Undefined(undefined), Value::Object(object)) = (&callee, receiver) {
        return match undefined::mode(state) {
            UndefinedMode::Chainable => Ok(callee),
            UndefinedMode::Lenient => {
                Err(Error::undefined(undefined.message())
                    .suggest(name, object.method_names().iter().copied()))
            }
        };
    }
    call(state, &callee, args)
}
