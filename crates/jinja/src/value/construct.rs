//! Making values, and looking at what they are.

use super::types::{Args, Dict, Function, Iter, List, Object, Range, State, Undefined, Value};
use crate::error::Result;
use std::sync::Arc;

impl Undefined {
    pub fn message(&self) -> String {
        match (&self.hint, &self.name) {
            (Some(hint), _) => hint.clone(),
            (None, Some(name)) => format!("'{name}' is undefined"),
            (None, None) => "the value is undefined".to_owned(),
        }
    }
}

impl Range {
    pub fn len(self) -> usize {
        let distance = if self.step > 0 { self.stop - self.start } else { self.start - self.stop };
        let step = self.step.abs();
        if distance <= 0 { 0 } else { usize::try_from((distance + step - 1) / step).unwrap_or(usize::MAX) }
    }
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
    pub fn iter(self) -> impl Iterator<Item = i128> {
        (0..self.len()).map(move |i| self.start + i as i128 * self.step)
    }
}

impl Value {
    /// An undefined value that an error will call by `name`.
    pub fn undefined(name: impl Into<Arc<str>>) -> Self {
        Self::Undefined(Arc::new(Undefined { name: Some(name.into()), hint: None }))
    }
    /// An undefined value with its own sentence for errors.
    pub fn undefined_because(name: impl Into<Arc<str>>, hint: impl Into<String>) -> Self {
        Self::Undefined(Arc::new(Undefined { name: Some(name.into()), hint: Some(hint.into()) }))
    }
    pub fn str(text: impl Into<Arc<str>>) -> Self {
        Self::Str(text.into())
    }
    pub fn list(items: impl IntoIterator<Item = Value>) -> Self {
        Self::List(List::new(items.into_iter().collect()))
    }
    pub fn tuple(items: impl IntoIterator<Item = Value>) -> Self {
        Self::Tuple(items.into_iter().collect())
    }
    /// A dict with text keys.
    pub fn dict<K: Into<Arc<str>>>(items: impl IntoIterator<Item = (K, Value)>) -> Self {
        let dict = Dict::default();
        for (key, value) in items {
            dict.set_str(key, value);
        }
        Self::Dict(dict)
    }
    /// A generator over `items`: gives each once, has no length, is always true.
    pub fn generator(items: Vec<Value>) -> Self {
        Self::Iter(Iter::new("generator", items))
    }
    pub fn object(object: impl Object + 'static) -> Self {
        Self::Object(Arc::new(object))
    }
    /// A function of the host's. `name` is used in error messages.
    pub fn function(
        name: impl Into<String>,
        body: impl Fn(&mut State<'_>, Args) -> Result<Value> + Send + Sync + 'static,
    ) -> Self {
        Self::Function(Arc::new(Function { name: name.into(), body: Box::new(body) }))
    }

    pub fn is_undefined(&self) -> bool {
        matches!(self, Self::Undefined(_))
    }
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Str(text) = self { Some(text) } else { None }
    }
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }
    /// Ints, and bools as Python counts them.
    pub fn as_int(&self) -> Option<i128> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Bool(value) => Some(i128::from(*value)),
            _ => None,
        }
    }
    /// As an index of something with so many items: from the front, or from the back when negative.
    pub fn as_place(&self, length: usize) -> Option<usize> {
        let index = self.as_int()?;
        let index = if index < 0 { index + length as i128 } else { index };
        usize::try_from(index).ok().filter(|index| *index < length)
    }
    /// Any number, those of the host's included.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(*value),
            Self::Object(object) => object.as_float(),
            other => other.as_int().map(|i| i as f64),
        }
    }
    pub fn as_list(&self) -> Option<&List> {
        if let Self::List(list) = self { Some(list) } else { None }
    }
    pub fn as_dict(&self) -> Option<&Dict> {
        if let Self::Dict(dict) = self { Some(dict) } else { None }
    }
    /// The host's object.
    pub fn as_object(&self) -> Option<&Arc<dyn Object>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }
    /// The host's object, if it is of type `T`.
    pub fn downcast<T: 'static>(&self) -> Option<&T> {
        if let Self::Object(object) = self { object.as_any().downcast_ref() } else { None }
    }
    pub fn is_callable(&self) -> bool {
        match self {
            Self::Function(_) | Self::Method(_) => true,
            Self::Object(object) => object.is_callable(),
            _ => false,
        }
    }

    /// Python's name of the type.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Undefined(_) => "Undefined",
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Dict(_) => "dict",
            Self::Set(_) => "set",
            Self::Iter(iter) => iter.type_name(),
            Self::Range(_) => "range",
            Self::Function(_) => "function",
            Self::Method(_) => "builtin_function_or_method",
            Self::Object(object) => object.type_name(),
        }
    }

    /// Python's `bool(value)`.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Undefined(_) | Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Tuple(items) => !items.is_empty(),
            Self::Dict(dict) => !dict.is_empty(),
            Self::Set(set) => !set.is_empty(),
            Self::Range(range) => !range.is_empty(),
            Self::Object(object) => object.is_true(),
            Self::Iter(_) | Self::Function(_) | Self::Method(_) => true,
        }
    }
}

macro_rules! from_int {
    ($($type:ty),*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::Int(value as i128)
            }
        }
    )*};
}
from_int!(i32, i64, i128, u8, u16, u32, u64, usize);

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Str(value.into())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Str(value.into())
    }
}
impl From<Arc<str>> for Value {
    fn from(value: Arc<str>) -> Self {
        Self::Str(value)
    }
}
impl From<List> for Value {
    fn from(value: List) -> Self {
        Self::List(value)
    }
}
impl From<Dict> for Value {
    fn from(value: Dict) -> Self {
        Self::Dict(value)
    }
}
impl From<Vec<Value>> for Value {
    fn from(value: Vec<Value>) -> Self {
        Self::List(List::new(value))
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}
