//! What a host puts into templates: objects with attributes and methods, and functions.

use super::args::Args;
use super::environment::State;
use super::error::{Error, Result};
use super::value::Value;
use std::any::Any;
use std::cmp::Ordering;
use std::sync::Arc;

/// A binary operator that an object may define for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
}

impl Operator {
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::FloorDivide => "//",
            Self::Modulo => "%",
            Self::Power => "**",
        }
    }
}

/// A thing of the host's. Everything but the type's name has a default: an object with no
/// attributes that is true, equal to itself alone, and cannot be called or iterated.
pub trait Object: Send + Sync {
    /// The type's name in error messages, as `type(x).__name__` would say it.
    fn type_name(&self) -> &str;
    /// For [`Value::downcast`]. Write `fn as_any(&self) -> &dyn Any { self }`.
    fn as_any(&self) -> &dyn Any;

    /// `object.name`. `None` where there is no such attribute. A method is found here only where it
    /// may be passed on as a value; else [`Object::call_method`] suffices.
    fn get_attr(&self, _name: &str) -> Option<Value> {
        None
    }
    /// `{% set object.name = value %}`.
    fn set_attr(&self, name: &str, _value: Value) -> Result<()> {
        Err(Error::type_error(format!("cannot set attribute '{name}' of a '{}' object", self.type_name())))
    }
    /// `object[key]`; `None` where there is no such item.
    fn get_item(&self, _key: &Value) -> Result<Option<Value>> {
        Ok(None)
    }
    /// `object.name(args)`. `None` says there is no such method; then [`Object::get_attr`] is asked for something
    /// to call.
    fn call_method(&self, _state: &mut State<'_>, _name: &str, _args: &Args) -> Option<Result<Value>> {
        None
    }
    /// Names that [`Object::call_method`] answers, so that `object.name` (without a call) is a value
    /// that can be passed on, and errors can suggest the nearest.
    fn method_names(&self) -> &[&'static str] {
        &[]
    }
    /// `object(args)`.
    fn call(&self, _state: &mut State<'_>, _args: Args) -> Result<Value> {
        Err(Error::type_error(format!("'{}' object is not callable", self.type_name())))
    }
    fn is_callable(&self) -> bool {
        false
    }
    /// The items that `for` walks over; `None` where it cannot be iterated.
    fn iterate(&self) -> Option<Vec<Value>> {
        None
    }
    /// `len(object)`; by default the number of items.
    fn length(&self) -> Option<usize> {
        self.iterate().map(|items| items.len())
    }
    /// Whether `is mapping` holds (then `iterate` gives its keys).
    fn is_mapping(&self) -> bool {
        false
    }
    /// `item in object`; `None`: look through the items.
    fn contains(&self, _item: &Value) -> Option<bool> {
        None
    }
    fn is_true(&self) -> bool {
        true
    }
    /// Python's `str(object)`: what `{{ object }}` prints.
    fn to_str(&self) -> String {
        self.repr()
    }
    fn repr(&self) -> String {
        format!("<{} object>", self.type_name())
    }
    /// Equality; `None` means identity.
    fn equals(&self, _other: &Value) -> Option<bool> {
        None
    }
    /// `<` and `>`; `None` where there is no order.
    fn compare(&self, _other: &Value) -> Option<Ordering> {
        None
    }
    /// Something to hash, if this may be a key of a dict; equal objects give equal values.
    fn hash_key(&self) -> Option<Value> {
        None
    }
    /// `object + other`, or `other + object` when `reflected`; `None`: not supported.
    fn operate(&self, _operator: Operator, _other: &Value, _reflected: bool) -> Option<Result<Value>> {
        None
    }
    /// The plain value that `tojson` writes; `None`: it cannot be written.
    fn to_plain(&self) -> Option<Value> {
        None
    }
    /// `format(object, specification)` as in `'{:%Y}'.format(object)`; `None`: `str(object)` padded.
    fn format(&self, _specification: &str) -> Option<String> {
        None
    }
}

type Body = dyn Fn(&mut State<'_>, Args) -> Result<Value> + Send + Sync;

/// A function written in Rust.
pub struct Function {
    pub name: String,
    body: Box<Body>,
}

impl Function {
    pub fn new(
        name: impl Into<String>,
        body: impl Fn(&mut State<'_>, Args) -> Result<Value> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), body: Box::new(body) }
    }
    pub fn call(&self, state: &mut State<'_>, args: Args) -> Result<Value> {
        (self.body)(state, args)
    }
}

impl Value {
    pub fn as_object(&self) -> Option<&Arc<dyn Object>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }
}
