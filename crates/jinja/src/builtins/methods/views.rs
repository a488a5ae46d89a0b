//! `dict.keys()`, `.values()`, `.items()`: views that follow their dict.

use crate::value::{Dict, Key, Object, Value};
use std::any::Any;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Keys,
    Values,
    Items,
}

pub(super) struct View {
    pub(super) dict: Dict,
    pub(super) kind: Kind,
}

impl View {
    fn items(&self) -> Vec<Value> {
        match self.kind {
            Kind::Keys => self.dict.keys(),
            Kind::Values => self.dict.values(),
            Kind::Items => {
                self.dict.entries().into_iter().map(|(key, value)| Value::tuple([key, value])).collect()
            }
        }
    }
}

impl Object for View {
    fn type_name(&self) -> &str {
        match self.kind {
            Kind::Keys => "dict_keys",
            Kind::Values => "dict_values",
            Kind::Items => "dict_items",
        }
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn iterate(&self) -> Option<Vec<Value>> {
        Some(self.items())
    }
    fn length(&self) -> Option<usize> {
        Some(self.dict.len())
    }
    fn is_true(&self) -> bool {
        !self.dict.is_empty()
    }
    fn contains(&self, item: &Value) -> Option<bool> {
        (self.kind == Kind::Keys).then(|| Key::new(item.clone()).is_ok_and(|key| self.dict.contains(&key)))
    }
    fn repr(&self) -> String {
        format!("{}({})", self.type_name(), Value::from(self.items()).repr())
    }
    fn equals(&self, other: &Value) -> Option<bool> {
        let other = match other {
            Value::Set(set) => set.items(),
            other => other.downcast::<View>().filter(|view| view.kind == self.kind)?.items(),
        };
        let items = self.items();
        Some(items.len() == other.len() && items.iter().all(|item| other.iter().any(|o| o.equals(item))))
    }
}
