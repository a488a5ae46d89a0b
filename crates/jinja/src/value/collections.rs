//! Python's containers: lists, dicts, sets, generators, and the keys of dicts.

use super::shared::Shared;
use super::types::{Dict, Iter, Key, List, Set, Value};
use crate::error::{Error, Result};
use indexmap::{Equivalent, IndexMap, IndexSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

impl List {
    pub fn new(items: Vec<Value>) -> Self {
        Self(Shared::new(items))
    }
    pub fn len(&self) -> usize {
        self.0.lock().len()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub fn get(&self, index: usize) -> Option<Value> {
        self.0.lock().get(index).cloned()
    }
    pub fn push(&self, value: Value) {
        self.0.lock().push(value);
    }
    /// The items as they are now.
    pub fn items(&self) -> Vec<Value> {
        self.0.lock().clone()
    }
    /// Replaces all items.
    pub fn replace(&self, items: Vec<Value>) {
        *self.0.lock() = items;
    }
    /// Changes the items in place. `change` must not touch other values' containers.
    pub fn change<T>(&self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        change(&mut self.0.lock())
    }
    pub fn is(&self, other: &Self) -> bool {
        self.0.is(&other.0)
    }
    pub(super) fn address(&self) -> usize {
        self.0.address()
    }
}

impl Key {
    /// Fails for what Python cannot hash: lists, dicts, sets.
    pub fn new(value: Value) -> Result<Self> {
        if Self::hashable(&value) {
            Ok(Self(value))
        } else {
            Err(Error::type_error(format!("unhashable type: '{}'", value.type_name())))
        }
    }
    pub fn str(text: impl Into<Arc<str>>) -> Self {
        Self(Value::Str(text.into()))
    }
    pub fn value(&self) -> &Value {
        &self.0
    }
    pub fn into_value(self) -> Value {
        self.0
    }
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_str()
    }
    fn hashable(value: &Value) -> bool {
        match value {
            Value::List(_) | Value::Dict(_) | Value::Set(_) => false,
            Value::Tuple(items) => items.iter().all(Self::hashable),
            _ => true,
        }
    }
}

fn hash_str<H: Hasher>(text: &str, state: &mut H) {
    state.write_u8(1);
    text.hash(state);
}

fn hash_value<H: Hasher>(value: &Value, state: &mut H) {
    match value {
        Value::Str(text) => hash_str(text, state),
        Value::Bool(b) => i128::from(*b).hash(state),
        Value::Int(i) => i.hash(state),
        Value::Float(f) if f.fract() == 0.0 && f.abs() < 1e30 => (*f as i128).hash(state),
        Value::Float(f) => f.to_bits().hash(state),
        Value::Tuple(items) => items.iter().for_each(|item| hash_value(item, state)),
        Value::Object(object) => {
            if let Some(key) = object.hash_key() {
                hash_value(&key, state);
            }
        }
        // The rest is rare as a key; equality tells them apart.
        other => other.type_name().hash(state),
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_value(&self.0, state);
    }
}
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_same(&other.0) || self.0.equals(&other.0)
    }
}
impl Eq for Key {}

/// Looks a text key up without making a `Value` of it.
struct TextKey<'a>(&'a str);
impl Hash for TextKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_str(self.0, state);
    }
}
impl Equivalent<Key> for TextKey<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        key.as_str() == Some(self.0)
    }
}

impl Dict {
    pub fn new(entries: IndexMap<Key, Value>) -> Self {
        Self(Shared::new(entries))
    }
    pub fn len(&self) -> usize {
        self.0.lock().len()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub fn get(&self, key: &Key) -> Option<Value> {
        self.0.lock().get(key).cloned()
    }
    pub fn get_str(&self, key: &str) -> Option<Value> {
        self.0.lock().get(&TextKey(key)).cloned()
    }
    pub fn contains(&self, key: &Key) -> bool {
        self.0.lock().contains_key(key)
    }
    /// Sets and returns what was there before.
    pub fn set(&self, key: Key, value: Value) -> Option<Value> {
        self.0.lock().insert(key, value)
    }
    pub fn set_str(&self, key: impl Into<Arc<str>>, value: Value) -> Option<Value> {
        self.set(Key::str(key), value)
    }
    pub fn remove(&self, key: &Key) -> Option<Value> {
        self.0.lock().shift_remove(key)
    }
    pub fn keys(&self) -> Vec<Value> {
        self.0.lock().keys().map(|key| key.0.clone()).collect()
    }
    pub fn values(&self) -> Vec<Value> {
        self.0.lock().values().cloned().collect()
    }
    /// The entries as they are now.
    pub fn entries(&self) -> Vec<(Value, Value)> {
        self.0.lock().iter().map(|(key, value)| (key.0.clone(), value.clone())).collect()
    }
    /// A copy of the map itself.
    pub fn snapshot(&self) -> IndexMap<Key, Value> {
        self.0.lock().clone()
    }
    /// Changes the entries in place. `change` must not touch other values' containers.
    pub fn change<T>(&self, change: impl FnOnce(&mut IndexMap<Key, Value>) -> T) -> T {
        change(&mut self.0.lock())
    }
    pub fn is(&self, other: &Self) -> bool {
        self.0.is(&other.0)
    }
    pub(super) fn address(&self) -> usize {
        self.0.address()
    }
}

impl Set {
    pub fn new(items: IndexSet<Key>) -> Self {
        Self(Shared::new(items))
    }
    pub fn from_values(values: impl IntoIterator<Item = Value>) -> Result<Self> {
        Ok(Self::new(values.into_iter().map(Key::new).collect::<Result<_>>()?))
    }
    pub fn len(&self) -> usize {
        self.0.lock().len()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub fn contains(&self, key: &Key) -> bool {
        self.0.lock().contains(key)
    }
    pub fn items(&self) -> Vec<Value> {
        self.0.lock().iter().map(|key| key.0.clone()).collect()
    }
    pub fn snapshot(&self) -> IndexSet<Key> {
        self.0.lock().clone()
    }
    pub fn change<T>(&self, change: impl FnOnce(&mut IndexSet<Key>) -> T) -> T {
        change(&mut self.0.lock())
    }
    pub fn is(&self, other: &Self) -> bool {
        self.0.is(&other.0)
    }
    pub(super) fn address(&self) -> usize {
        self.0.address()
    }
}

impl Iter {
    /// `type_name` is what errors call it.
    pub fn new(type_name: &'static str, items: Vec<Value>) -> Self {
        Self { type_name, rest: Shared::new(items.into()) }
    }
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }
    pub fn next(&self) -> Option<Value> {
        self.rest.lock().pop_front()
    }
    /// All that is left, which is then gone.
    pub fn drain(&self) -> Vec<Value> {
        std::mem::take(&mut *self.rest.lock()).into()
    }
    pub fn is(&self, other: &Self) -> bool {
        self.rest.is(&other.rest)
    }
}
