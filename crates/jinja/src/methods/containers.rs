//! Methods of lists, tuples, dicts and sets.

use super::super::args::Args;
use super::super::collections::{Dict, Key, List, Set};
use super::super::compare::sort_by_key;
use super::super::environment::State;
use super::super::error::{Error, Kind, Result};
use super::super::eval::{iterate, mapping_entries};
use super::super::value::Value;
use super::views::{self, View};
use indexmap::IndexSet;

pub const LIST: &[&str] =
    &["append", "extend", "insert", "pop", "remove", "index", "count", "sort", "reverse", "copy", "clear"];
pub const TUPLE: &[&str] = &["index", "count"];
pub const DICT: &[&str] = &[
    "get",
    "items",
    "keys",
    "values",
    "update",
    "pop",
    "popitem",
    "setdefault",
    "copy",
    "clear",
    "fromkeys",
];
pub const SET: &[&str] = &[
    "add",
    "discard",
    "remove",
    "pop",
    "clear",
    "copy",
    "update",
    "union",
    "intersection",
    "difference",
    "symmetric_difference",
    "issubset",
    "issuperset",
    "isdisjoint",
    "difference_update",
    "intersection_update",
];

fn position(items: &[Value], wanted: &Value) -> Option<usize> {
    items.iter().position(|item| item.is_same(wanted) || item.equals(wanted))
}

pub fn list(state: &mut State<'_>, list: &List, name: &str, args: Args) -> Result<Value> {
    match name {
        "append" => {
            let item = args.bind("list.append", &["object"])?.value("object");
            list.push(item);
        }
        "extend" => {
            let items = iterate(&args.bind("list.extend", &["iterable"])?.value("iterable"))?;
            list.change(|list| list.extend(items));
        }
        "insert" => {
            let mut bound = args.bind("list.insert", &["index", "object"])?;
            let index = bound.optional_int("index")?.unwrap_or(0);
            let item = bound.value("object");
            list.change(|list| {
                let length = list.len() as i128;
                let index = if index < 0 { index + length } else { index }.clamp(0, length);
                list.insert(usize::try_from(index).unwrap_or(0), item);
            });
        }
        "pop" => {
            let index = args.bind("list.pop", &["index?"])?.optional_int("index")?.unwrap_or(-1);
            return list.change(|list| {
                if list.is_empty() {
                    return Err(Error::new(Kind::Index, "pop from empty list"));
                }
                let index = if index < 0 { index + list.len() as i128 } else { index };
                match usize::try_from(index).ok().filter(|index| *index < list.len()) {
                    Some(index) => Ok(list.remove(index)),
                    None => Err(Error::new(Kind::Index, "pop index out of range")),
                }
            });
        }
        "remove" => {
            let wanted = args.bind("list.remove", &["value"])?.value("value");
            match position(&list.items(), &wanted) {
                Some(index) => list.change(|list| {
                    if index < list.len() {
                        list.remove(index);
                    }
                }),
                None => return Err(Error::value("list.remove(x): x not in list")),
            }
        }
        "sort" => {
            let mut bound = args.bind("list.sort", &["key?", "reverse?"])?;
            let key = bound.value("key");
            let reverse = bound.truth("reverse", false);
            let mut items = Vec::new();
            for item in list.items() {
                let key =
                    if key.is_none() { item.clone() } else { state.call(&key, Args::of([item.clone()]))? };
                items.push((key, item));
            }
            sort_by_key(&mut items, reverse)?;
            list.replace(items.into_iter().map(|(_, item)| item).collect());
        }
        "reverse" => {
            args.bind("list.reverse", &[])?;
            list.change(|list| list.reverse());
        }
        "copy" => {
            args.bind("list.copy", &[])?;
            return Ok(Value::from(list.items()));
        }
        "clear" => {
            args.bind("list.clear", &[])?;
            list.change(Vec::clear);
        }
        _ => return sequence(&list.items(), "list", name, args),
    }
    Ok(Value::None)
}

pub fn sequence(items: &[Value], kind: &str, name: &str, args: Args) -> Result<Value> {
    if name == "count" {
        let wanted = args.bind("count", &["value"])?.value("value");
        return Ok(Value::from(items.iter().filter(|item| item.equals(&wanted)).count()));
    }
    let mut bound = args.bind("index", &["value", "start?", "stop?"])?;
    let wanted = bound.value("value");
    let length = items.len() as i128;
    let clamp = |index: i128| {
        usize::try_from(if index < 0 { index + length } else { index }.clamp(0, length)).unwrap_or(0)
    };
    let start = clamp(bound.optional_int("start")?.unwrap_or(0));
    let stop = clamp(bound.optional_int("stop")?.unwrap_or(length));
    match position(items.get(start..stop).unwrap_or_default(), &wanted) {
        Some(index) => Ok(Value::from(index + start)),
        None => Err(Error::value(format!("{} is not in {kind}", wanted.repr()))),
    }
}

pub fn dict(dict: &Dict, name: &str, args: Args) -> Result<Value> {
    let view = |kind| Ok(Value::object(View { dict: dict.clone(), kind }));
    match name {
        "get" => {
            let mut bound = args.bind("dict.get", &["key", "default?"])?;
            let key = bound.value("key");
            let found = match &key {
                Value::Str(key) => dict.get_str(key),
                _ => dict.get(&Key::new(key)?),
            };
            return Ok(found.or_else(|| bound.take("default")).unwrap_or(Value::None));
        }
        "keys" | "values" | "items" => {
            args.bind(name, &[])?;
            return view(match name {
                "keys" => views::Kind::Keys,
                "values" => views::Kind::Values,
                _ => views::Kind::Items,
            });
        }
        "update" => {
            if args.positional.len() > 1 {
                return Err(Error::type_error("update expected at most 1 argument"));
            }
            if let Some(other) = args.positional.first() {
                for (key, value) in pairs(other)? {
                    dict.set(Key::new(key)?, value);
                }
            }
            for (name, value) in args.named {
                dict.set_str(name, value);
            }
        }
        "pop" => {
            let mut bound = args.bind("dict.pop", &["key", "default?"])?;
            let key = Key::new(bound.value("key"))?;
            return match (dict.remove(&key), bound.take("default")) {
                (Some(value), _) | (None, Some(value)) => Ok(value),
                (None, None) => Err(Error::new(Kind::Key, key.value().repr())
                    .hint("the dict has no such key; pop(key, default) gives a default")),
            };
        }
        "popitem" => {
            args.bind("dict.popitem", &[])?;
            return match dict.change(|dict| dict.pop()) {
                Some((key, value)) => Ok(Value::tuple([key.into_value(), value])),
                None => Err(Error::new(Kind::Key, "'popitem(): dictionary is empty'")),
            };
        }
        "setdefault" => {
            let mut bound = args.bind("dict.setdefault", &["key", "default?"])?;
            let key = Key::new(bound.value("key"))?;
            let default = bound.value("default");
            if let Some(found) = dict.get(&key) {
                return Ok(found);
            }
            dict.set(key, default.clone());
            return Ok(default);
        }
        "copy" => {
            args.bind("dict.copy", &[])?;
            return Ok(Value::Dict(Dict::new(dict.snapshot())));
        }
        "clear" => {
            args.bind("dict.clear", &[])?;
            dict.change(indexmap::IndexMap::clear);
        }
        _ => {
            let mut bound = args.bind("dict.fromkeys", &["iterable", "value?"])?;
            let keys = iterate(&bound.value("iterable"))?;
            let value = bound.value("value");
            let made = Dict::default();
            for key in keys {
                made.set(Key::new(key)?, value.clone());
            }
            return Ok(Value::Dict(made));
        }
    }
    Ok(Value::None)
}

/// What `dict(...)` and `update(...)` take: a mapping, or pairs.
pub fn pairs(value: &Value) -> Result<Vec<(Value, Value)>> {
    let is_mapping = match value {
        Value::Dict(_) | Value::Undefined(_) => true,
        Value::Object(object) => object.is_mapping(),
        _ => false,
    };
    if is_mapping {
        return mapping_entries(value);
    }
    iterate(value)?
        .iter()
        .enumerate()
        .map(|(index, pair)| match <[Value; 2]>::try_from(iterate(pair)?) {
            Ok([key, value]) => Ok((key, value)),
            Err(other) => Err(Error::value(format!(
                "dictionary update sequence element #{index} has length {}; 2 is required",
                other.len()
            ))),
        })
        .collect()
}

fn keys_of(value: &Value) -> Result<IndexSet<Key>> {
    iterate(value)?.into_iter().map(Key::new).collect()
}

pub fn set(set: &Set, name: &str, args: Args) -> Result<Value> {
    match name {
        "add" | "discard" | "remove" => {
            let key = Key::new(args.bind(name, &["element"])?.value("element"))?;
            let known = match name {
                "add" => {
                    set.change(|set| set.insert(key));
                    return Ok(Value::None);
                }
                _ => set.change(|set| set.shift_remove(&key)),
            };
            if !known && name == "remove" {
                return Err(Error::new(Kind::Key, key.value().repr()));
            }
            return Ok(Value::None);
        }
        "pop" => {
            args.bind("set.pop", &[])?;
            return match set.change(|set| set.shift_remove_index(0)) {
                Some(key) => Ok(key.into_value()),
                None => Err(Error::new(Kind::Key, "'pop from an empty set'")),
            };
        }
        "clear" => {
            args.bind("set.clear", &[])?;
            set.change(IndexSet::clear);
            return Ok(Value::None);
        }
        "copy" => {
            args.bind("set.copy", &[])?;
            return Ok(Value::Set(Set::new(set.snapshot())));
        }
        _ => {}
    }
    let mut items = set.snapshot();
    let others = args.positional.iter().map(keys_of).collect::<Result<Vec<_>>>()?;
    if name.starts_with("is") {
        let [other] = &others[..] else {
            return Err(Error::type_error(format!("set.{name}() takes exactly one argument")));
        };
        return Ok(Value::Bool(match name {
            "issubset" => items.is_subset(other),
            "issuperset" => items.is_superset(other),
            _ => items.is_disjoint(other),
        }));
    }
    for other in others {
        match name {
            "union" | "update" => items.extend(other),
            "intersection" | "intersection_update" => items.retain(|item| other.contains(item)),
            "symmetric_difference" => items = items.symmetric_difference(&other).cloned().collect(),
            _ => items.retain(|item| !other.contains(item)),
        }
    }
    if name.ends_with("update") {
        set.change(|set| *set = items);
        return Ok(Value::None);
    }
    Ok(Value::Set(Set::new(items)))
}
