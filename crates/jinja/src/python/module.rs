//! A module of Python's, or a class with functions of its own.

use crate::error::{Error, Result};
use crate::value::{Args, Object, State, Value};
use std::any::Any;

/// Names to values: a module, or a class with functions of its own.
pub(super) struct Module {
    name: &'static str,
    members: Vec<(&'static str, Value)>,
    /// What a call of it does, for a class.
    constructor: Option<Value>,
}

impl Module {
    pub(super) fn of(name: &'static str, members: Vec<(&'static str, Value)>) -> Value {
        Value::object(Self { name, members, constructor: None })
    }
    pub(super) fn class(
        name: &'static str,
        constructor: Value,
        members: Vec<(&'static str, Value)>,
    ) -> Value {
        Value::object(Self { name, members, constructor: Some(constructor) })
    }
}

impl Object for Module {
    fn type_name(&self) -> &str {
        if self.constructor.is_some() { "type" } else { "module" }
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        self.members.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }
    fn is_callable(&self) -> bool {
        self.constructor.is_some()
    }
    fn call(&self, state: &mut State<'_>, args: Args) -> Result<Value> {
        match &self.constructor {
            Some(constructor) => state.call(constructor, args),
            None => Err(Error::type_error("'module' object is not callable")),
        }
    }
    fn repr(&self) -> String {
        if self.constructor.is_some() {
            format!("<class '{}'>", self.name)
        } else {
            format!("<module '{}'>", self.name)
        }
    }
}
