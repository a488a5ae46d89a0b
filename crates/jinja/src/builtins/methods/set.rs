//! Methods of sets. <https://docs.python.org/3/library/stdtypes.html#set-types-set-frozenset>

use crate::error::{Error, Kind, Result};
use crate::value::{Bound, Key, Method, MethodTable, Set, State, Value};
use indexmap::IndexSet;

const fn method(
    name: &'static str,
    parameters: &'static [&'static str],
    call: fn(&mut State<'_>, &Set, &mut Bound<'_>) -> Result<Value>,
) -> Method<Set> {
    Method { name, parameters, call }
}

pub(super) static METHODS: MethodTable<Set, 16> = MethodTable::new(
    "set",
    [
        method("add", &["element"], |_, set, bound| {
            let key = Key::new(bound.value("element"))?;
            set.change(|set| set.insert(key));
            Ok(Value::None)
        }),
        method("discard", &["element"], |_, set, bound| {
            let key = Key::new(bound.value("element"))?;
            set.change(|set| set.shift_remove(&key));
            Ok(Value::None)
        }),
        method("remove", &["element"], |_, set, bound| {
            let key = Key::new(bound.value("element"))?;
            match set.change(|set| set.shift_remove(&key)) {
                true => Ok(Value::None),
                false => Err(Error::new(Kind::Key, key.value().repr())),
            }
        }),
        method("pop", &[], |_, set, _| match set.change(|set| set.shift_remove_index(0)) {
            Some(key) => Ok(key.into_value()),
            None => Err(Error::new(Kind::Key, "'pop from an empty set'")),
        }),
        method("clear", &[], |_, set, _| {
            set.change(IndexSet::clear);
            Ok(Value::None)
        }),
        method("copy", &[], |_, set, _| Ok(Value::Set(Set::new(set.snapshot())))),
        method("union", &["*"], |_, set, bound| combined(set, bound, union).map(new)),
        method("intersection", &["*"], |_, set, bound| combined(set, bound, intersection).map(new)),
        method("difference", &["*"], |_, set, bound| combined(set, bound, difference).map(new)),
        method("symmetric_difference", &["other"], |_, set, bound| {
            let other = keys_of(&bound.value("other"))?;
            Ok(new(set.snapshot().symmetric_difference(&other).cloned().collect()))
        }),
        method("update", &["*"], |_, set, bound| change(set, combined(set, bound, union)?)),
        method("intersection_update", &["*"], |_, set, bound| {
            change(set, combined(set, bound, intersection)?)
        }),
        method("difference_update", &["*"], |_, set, bound| change(set, combined(set, bound, difference)?)),
        method("issubset", &["other"], |_, set, bound| {
            Ok(Value::Bool(set.snapshot().is_subset(&keys_of(&bound.value("other"))?)))
        }),
        method("issuperset", &["other"], |_, set, bound| {
            Ok(Value::Bool(set.snapshot().is_superset(&keys_of(&bound.value("other"))?)))
        }),
        method("isdisjoint", &["other"], |_, set, bound| {
            Ok(Value::Bool(set.snapshot().is_disjoint(&keys_of(&bound.value("other"))?)))
        }),
    ],
);

type Keys = IndexSet<Key>;

fn keys_of(value: &Value) -> Result<Keys> {
    value.iterate()?.into_iter().map(Key::new).collect()
}

fn new(keys: Keys) -> Value {
    Value::Set(Set::new(keys))
}

fn change(set: &Set, keys: Keys) -> Result<Value> {
    set.change(|set| *set = keys);
    Ok(Value::None)
}

/// The set combined with each argument in turn.
fn combined(set: &Set, bound: &mut Bound<'_>, combine: fn(&mut Keys, Keys)) -> Result<Keys> {
    let mut keys = set.snapshot();
    for other in bound.rest().positional {
        combine(&mut keys, keys_of(&other)?);
    }
    Ok(keys)
}

fn union(keys: &mut Keys, other: Keys) {
    keys.extend(other);
}
fn intersection(keys: &mut Keys, other: Keys) {
    keys.retain(|key| other.contains(key));
}
fn difference(keys: &mut Keys, other: Keys) {
    keys.retain(|key| !other.contains(key));
}
