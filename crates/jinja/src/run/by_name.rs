//! Filters and tests that are found by their names: the host's own first, then the built-in ones.

use crate::error::{Error, Kind, Result};
use crate::value::{Args, State, Value};

/// A filter as `map('name')` names it, and as `| name` does where the host has one of that name.
pub(crate) fn apply_filter(state: &mut State<'_>, name: &str, value: Value, args: Args) -> Result<Value> {
    let environment = state.environment;
    if let Some(filter) = environment.filters.get(name) {
        return filter(state, value, args);
    }
    if let Some(filter) = environment.builtins.filter(name) {
        return filter(state, value, args);
    }
    let error = Error::new(Kind::UnknownFilter, format!("there is no filter '{name}'"));
    let builtin = environment.builtins.filters.iter().map(|(name, _)| *name);
    Err(error.suggest(name, builtin.chain(environment.filters.keys().map(String::as_str))))
}

/// A test as `select('name')` names it, and as `is name` does where the host has one of that name.
pub(crate) fn apply_test(state: &mut State<'_>, name: &str, value: Value, args: Args) -> Result<bool> {
    let environment = state.environment;
    if let Some(test) = environment.tests.get(name) {
        return test(state, value, args);
    }
    if let Some(test) = environment.builtins.test(name) {
        return test(state, value, args);
    }
    let error = Error::new(Kind::UnknownTest, format!("there is no test '{name}'"));
    let builtin = environment.builtins.tests.iter().map(|(name, _)| *name);
    Err(error.suggest(name, builtin.chain(environment.tests.keys().map(String::as_str))))
}
