//! Small functions of dbt's that are Python's: JSON, YAML, sets, hashes.

use crate::hashing;
use crate::json_values::python_json;
use crate::values;
use crate::values::python_yaml::{self, Form};
use ingot_jinja::{Args, Error, Result, State, Value};
use serde_json::Value as Json;
use std::path::Path;

pub(super) fn fromjson(_state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("fromjson", &["string", "default?"])?;
    let text = bound.text("string")?;
    Ok(match serde_json::from_str::<Json>(&text) {
        Ok(json) => values::from_json(&json),
        Err(_) => bound.value("default"),
    })
}

pub(super) fn tojson(_state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("tojson", &["value", "default?", "sort_keys?"])?;
    let value = bound.value("value");
    let sort = bound.truth("sort_keys", false);
    Ok(python_json(&values::to_json(&value), sort).into())
}

pub(super) fn fromyaml(_state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("fromyaml", &["value", "default?"])?;
    let text = bound.text("value")?;
    Ok(match ingot_core::yaml::parse_noting_repeats(&text, Path::new("fromyaml")) {
        Ok((node, _)) => values::from_json(&node.to_json()),
        Err(_) => bound.value("default"),
    })
}

pub(super) fn toyaml(_state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("toyaml", &["value", "default?", "sort_keys?"])?;
    let (value, form) =
        (bound.value("value"), Form { sorts_keys: bound.truth("sort_keys", false), indents_lists: false });
    if !is_yaml(&value) {
        return Ok(bound.value("default"));
    }
    Ok(python_yaml::dump(&values::to_json(&value), form).into())
}

/// Whether Python's `yaml.safe_dump` takes a value: data and dates, and no other objects.
fn is_yaml(value: &Value) -> bool {
    match value {
        Value::List(list) => list.items().iter().all(is_yaml),
        Value::Tuple(items) => items.iter().all(is_yaml),
        Value::Dict(dict) => dict.entries().iter().all(|(_, value)| is_yaml(value)),
        Value::Object(object) => {
            object.to_plain().is_some() || matches!(object.type_name(), "date" | "datetime")
        }
        _ => true,
    }
}

/// The items of anything that can be walked over; `None` for what cannot.
pub(super) fn items(state: &mut State<'_>, value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::List(list) => Some(list.items()),
        Value::Tuple(items) => Some(items.to_vec()),
        Value::Dict(dict) => Some(dict.keys()),
        Value::Str(text) => Some(text.chars().map(|c| Value::from(c.to_string())).collect()),
        Value::Object(object) => object.iterate(),
        Value::None | Value::Undefined(_) | Value::Bool(_) | Value::Int(_) | Value::Float(_) => None,
        other => {
            let list = state.lookup("list")?;
            state.call(&list, Args::of([other.clone()])).ok()?.as_list().map(|list| list.items())
        }
    }
}

fn set_of(state: &mut State<'_>, value: &Value) -> Result<Option<Value>> {
    let Some(items) = items(state, value) else { return Ok(None) };
    Ok(Some(Value::Set(ingot_jinja::Set::from_values(items)?)))
}

pub(super) fn set(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("set", &["value?", "default?"])?;
    let value = bound.take("value").unwrap_or_else(|| Value::list([]));
    match set_of(state, &value) {
        Ok(Some(set)) => Ok(set),
        _ => Ok(bound.value("default")),
    }
}

pub(super) fn set_strict(state: &mut State<'_>, args: Args) -> Result<Value> {
    let value = args.bind("set_strict", &["value"])?.value("value");
    set_of(state, &value)?
        .ok_or_else(|| Error::type_error(format!("'{}' cannot be walked over", value.type_name())))
}

fn zipped(state: &mut State<'_>, lists: &[Value]) -> Option<Value> {
    let lists: Option<Vec<Vec<Value>>> = lists.iter().map(|list| items(state, list)).collect();
    let lists = lists?;
    let shortest = lists.iter().map(Vec::len).min().unwrap_or(0);
    Some(Value::list((0..shortest).map(|index| Value::tuple(lists.iter().map(|list| list[index].clone())))))
}

pub(super) fn zip(state: &mut State<'_>, mut args: Args) -> Result<Value> {
    let default = args.named.shift_remove("default").unwrap_or(Value::None);
    Ok(zipped(state, &args.positional).unwrap_or(default))
}

pub(super) fn zip_strict(state: &mut State<'_>, args: Args) -> Result<Value> {
    zipped(state, &args.positional)
        .ok_or_else(|| Error::type_error("zip_strict() was given something that cannot be walked over"))
}

pub(super) fn local_md5(_state: &mut State<'_>, args: Args) -> Result<Value> {
    Ok(hashing::md5(&args.bind("local_md5", &["value"])?.text("value")?).into())
}

pub(super) fn diff_of_two_dicts(_state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("diff_of_two_dicts", &["dict_a", "dict_b"])?;
    let lists = |value: Value| -> Vec<(String, Vec<Value>)> {
        let Some(dict) = value.as_dict().cloned() else { return Vec::new() };
        dict.entries()
            .iter()
            .map(|(key, value)| {
                (
                    values::text(key).to_lowercase(),
                    value.as_list().map(|list| list.items()).unwrap_or_default(),
                )
            })
            .collect()
    };
    let (a, b) = (lists(bound.value("dict_a")), lists(bound.value("dict_b")));
    let out = a.into_iter().filter_map(|(key, left)| {
        let right =
            b.iter().find(|(other, _)| *other == key).map(|(_, right)| right.clone()).unwrap_or_default();
        let right: Vec<String> = right.iter().map(|value| values::text(value).to_lowercase()).collect();
        let kept: Vec<Value> =
            left.into_iter().filter(|value| !right.contains(&values::text(value).to_lowercase())).collect();
        (!kept.is_empty()).then(|| (key, Value::list(kept)))
    });
    Ok(Value::dict(out))
}
