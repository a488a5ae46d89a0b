//! Parts of Python's library that templates use, for hosts to mount under names of their choice:
//! [`module`] gives `datetime`, `pytz`, `re` and `itertools`.

pub mod calendar;
pub mod datetime;
mod itertools;
pub mod literal;
mod pytz;
mod re;

use super::object::Object;
use super::value::Value;
use std::any::Any;
use std::sync::OnceLock;

/// A module's value, by Python's name of it.
pub fn module(name: &str) -> Option<Value> {
    static MODULES: OnceLock<Vec<Value>> = OnceLock::new();
    let index = NAMES.iter().position(|known| *known == name)?;
    let modules =
        MODULES.get_or_init(|| vec![datetime::module(), pytz::module(), re::module(), itertools::module()]);
    modules.get(index).cloned()
}

pub const NAMES: [&str; 4] = ["datetime", "pytz", "re", "itertools"];

/// Names to values: a module, or a class with functions of its own.
struct Module {
    name: &'static str,
    members: Vec<(&'static str, Value)>,
    /// What a call of it does, for a class.
    constructor: Option<Value>,
}

impl Module {
    fn of(name: &'static str, members: Vec<(&'static str, Value)>) -> Value {
        Value::object(Self { name, members, constructor: None })
    }
    fn class(name: &'static str, constructor: Value, members: Vec<(&'static str, Value)>) -> Value {
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
    fn call(
        &self,
        state: &mut super::environment::State<'_>,
        args: super::args::Args,
    ) -> super::error::Result<Value> {
        match &self.constructor {
            Some(constructor) => state.call(constructor, args),
            None => Err(super::error::Error::type_error("'module' object is not callable")),
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
