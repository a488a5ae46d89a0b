//! What a use of an undefined value does.

use crate::error::{Error, Result};
use crate::options::UndefinedMode;
use crate::value::{State, Undefined, Value};

/// An attribute, item or call of `value`, which is undefined for the reason `undefined`.
///
/// # Errors
/// Unless undefined values are chainable, every such use is one.
pub(crate) fn use_of(state: &State<'_>, value: &Value, undefined: &Undefined) -> Result<Value> {
    match mode(state) {
        UndefinedMode::Chainable => Ok(value.clone()),
        UndefinedMode::Lenient => Err(undefined_error(state, undefined)),
    }
}

/// How undefined values behave in a render.
pub(crate) fn mode(state: &State<'_>) -> UndefinedMode {
    state.globals.undefined_mode().unwrap_or(state.environment.undefined)
}

/// The error that a use of `undefined` is, with the nearest known name.
pub(crate) fn undefined_error(state: &State<'_>, undefined: &Undefined) -> Error {
    let error = Error::undefined(undefined.message());
    let (None, Some(name)) = (&undefined.hint, &undefined.name) else { return error };
    let names = state.globals.names();
    let functions = state.environment.builtins.function_names.iter().copied();
    error.suggest(name, names.iter().map(String::as_str).chain(functions))
}
