//! Python's mutable containers: shared by reference, safe to hand between threads.
//!
//! A lock is never held while anything but these few lines runs: whoever walks over a container
//! walks over a copy of it, so a list that contains itself, or is appended to while it is printed,
//! cannot deadlock.

use super::error::{Error, Result};
use super::value::Value;
use indexmap::{Equivalent, IndexMap, IndexSet};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code that could panic half way through a change runs under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A Python list.
#[derive(Clone, Default)]
pub struct List(Arc<Mutex<Vec<Value>>>);

impl List {
    pub fn new(items: Vec<Value>) -> Self {
        Self(Arc::new(Mutex::new(items)))
    }
    pub fn len(&self) -> usize {
        lock(&self.0).len()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub fn get(&self, index: usize) -> Option<Value> {
        lock(&self.0).get(index).cloned()
    }
    pub fn push(&self, value: Value) {
        lock(&self.0).push(value);
    }
    /// The items as they are now.
    pub fn items(&self) -> Vec<Value> {
        lock(&self.0).clone()
    }
    /// Replaces all items.
    pub fn replace(&self, items: Vec<Value>) {
        *lock(&self.0) = items;
    }
    /// Changes the items in place. `change` must not touch other values' containers.
    pub fn change<T>(&self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        change(&mut lock(&self.0))
    }
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
}

/// A value that can be a key: hashed and compared as in Python (`1 == 1.0 == True`).
#[derive(Clone)]
pub struct Key(Value);

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

/// A Python dict: keeps the order of insertion.
#[derive(Clone, Default)]
pub struct Dict(Arc<Mutex<IndexMap<Key, Value>>>);

impl Dict {
    pub fn new(entries: IndexMap<Key, Value>) -> Self {
        Self(Arc::new(Mutex::new(entries)))
    }
    pub fn len(&self) -> usize {
        lock(&self.0).len()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub fn get(&self, key: &Key) -> Option<Value> {
        lock(&self.0).get(key).cloned()
    }
    pub fn get_str(&self, key: &str) -> Option<Value> {
        lock(&self.0).get(&TextKey(key)).cloned()
    }
    pub fn contains(&self, key: &Key) -> bool {
        lock(&self.0).contains_key(key)
    }
    /// Sets and returns what was there before.
    pub fn set(&self, key: Key, value: Value) -> Option<Value> {
        lock(&self.0).insert(key, value)
    }
    pub fn set_str(&self, key: impl Into<Arc<str>>, value: Value) -> Option<Value> {
        self.set(Key::str(key), value)
    }
    pub fn remove(&self, key: &Key) -> Option<Value> {
        lock(&self.0).shift_remove(key)
    }
    pub fn keys(&self) -> Vec<Value> {
        lock(&self.0).keys().map(|key| key.0.clone()).collect()
    }
    pub fn values(&self) -> Vec<Value> {
        lock(&self.0).values().cloned().collect()
    }
    /// The entries as they are now.
    pub fn entries(&self) -> Vec<(Value, Value)> {
        lock(&self.0).iter().map(|(key, value)| (key.0.clone(), value.clone())).collect()
    }
    /// A copy of the map itself.
    pub fn snapshot(&self) -> IndexMap<Key, Value> {
        lock(&self.0).clone()
    }
    /// Changes the entries in place. `change` must not touch other values' containers.
    pub fn change<T>(&self, change: impl FnOnce(&mut IndexMap<Key, Value>) -> T) -> T {
        change(&mut lock(&self.0))
    }
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
}

/// A Python set. Keeps the order of insertion, so that output is the same on every run.
#[derive(Clone, Default)]
pub struct Set(Arc<Mutex<IndexSet<Key>>>);

impl Set {
    pub fn new(items: IndexSet<Key>) -> Self {
        Self(Arc::new(Mutex::new(items)))
    }
    pub fn from_values(values: impl IntoIterator<Item = Value>) -> Result<Self> {
        Ok(Self::new(values.into_iter().map(Key::new).collect::<Result<_>>()?))
    }
    pub fn len(&self) -> usize {
        lock(&self.0).len()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub fn contains(&self, key: &Key) -> bool {
        lock(&self.0).contains(key)
    }
    pub fn items(&self) -> Vec<Value> {
        lock(&self.0).iter().map(|key| key.0.clone()).collect()
    }
    pub fn snapshot(&self) -> IndexSet<Key> {
        lock(&self.0).clone()
    }
    pub fn change<T>(&self, change: impl FnOnce(&mut IndexSet<Key>) -> T) -> T {
        change(&mut lock(&self.0))
    }
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
}

/// A generator: items that are given out once.
#[derive(Clone)]
pub struct Iter {
    type_name: &'static str,
    rest: Arc<Mutex<std::collections::VecDeque<Value>>>,
}

impl Iter {
    /// `type_name` is what errors call it.
    pub fn new(type_name: &'static str, items: Vec<Value>) -> Self {
        Self { type_name, rest: Arc::new(Mutex::new(items.into())) }
    }
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }
    pub fn next(&self) -> Option<Value> {
        lock(&self.rest).pop_front()
    }
    /// All that is left, which is then gone.
    pub fn drain(&self) -> Vec<Value> {
        std::mem::take(&mut *lock(&self.rest)).into()
    }
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.rest, &other.rest)
    }
}
