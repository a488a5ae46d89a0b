//! Filters that apply attributes, other filters and tests to each item.

use super::sequence::{fold_case, path_of};
use crate::error::{Error, Result};
use crate::run::{attributes, by_name};
use crate::value::compare::sort_by_key;
use crate::value::{Args, Object, State, Value};
use std::any::Any;
use std::sync::Arc;

pub(super) fn attr(state: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let name: Arc<str> = args.bind("attr", &["name"])?.text("name")?.into();
    if value.is_undefined() {
        return attributes::get_attribute(state, &value, &name);
    }
    let missing = || {
        let hint = format!("'{} object' has no attribute '{name}'", value.type_name());
        Value::undefined_because(name.clone(), hint)
    };
    Ok(attributes::attribute(state, &value, &name).unwrap_or_else(missing))
}

/// The items of anything that is true; what is false (`none` too) has none.
fn items_of(value: &Value) -> Result<Vec<Value>> {
    if value.is_true() { value.iterate() } else { Ok(Vec::new()) }
}

pub(super) fn map(state: &mut State<'_>, value: Value, mut args: Args) -> Result<Value> {
    let items = items_of(&value)?;
    let mut mapped = Vec::with_capacity(items.len());
    if args.positional.is_empty() {
        let Some(attribute) = args.named.shift_remove("attribute") else {
            return Err(Error::value("map requires a filter argument"));
        };
        let default = args.named.shift_remove("default");
        if let Some(name) = args.named.keys().next() {
            return Err(Error::value(format!("Unexpected keyword argument '{name}'")));
        }
        for item in items {
            mapped.push(path_of(state, &item, &attribute, default.as_ref())?);
        }
    } else {
        let filter = args.positional.remove(0);
        let Value::Str(filter) = filter else {
            return Err(Error::type_error("map needs the name of a filter"));
        };
        for item in items {
            mapped.push(by_name::apply_filter(state, &filter, item, args.clone())?);
        }
    }
    Ok(Value::generator(mapped))
}

/// Keeps the items for which the test's result is `wanted`. With `by_attribute`, the first argument is the
/// attribute that is tested.
fn choose(
    state: &mut State<'_>,
    value: &Value,
    mut args: Args,
    wanted: bool,
    by_attribute: bool,
) -> Result<Value> {
    let attribute = match by_attribute {
        true if args.positional.is_empty() => {
            return Err(Error::value("Missing parameter for attribute name"));
        }
        true => Some(args.positional.remove(0)),
        false => None,
    };
    let test = if args.positional.is_empty() { None } else { Some(args.positional.remove(0)) };
    let mut kept = Vec::new();
    for item in items_of(value)? {
        let tested = match &attribute {
            Some(attribute) => path_of(state, &item, attribute, None)?,
            None => item.clone(),
        };
        let holds = match &test {
            None => tested.is_true(),
            Some(Value::Str(name)) => by_name::apply_test(state, name, tested, args.clone())?,
            Some(_) => return Err(Error::type_error("the name of a test is needed")),
        };
        if holds == wanted {
            kept.push(item);
        }
    }
    Ok(Value::generator(kept))
}

pub(super) fn select(state: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    choose(state, &value, args, true, false)
}
pub(super) fn reject(state: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    choose(state, &value, args, false, false)
}
pub(super) fn selectattr(state: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    choose(state, &value, args, true, true)
}
pub(super) fn rejectattr(state: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    choose(state, &value, args, false, true)
}

pub(super) fn groupby(state: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("groupby", &["attribute", "default?", "case_sensitive?"])?;
    let attribute = bound.value("attribute");
    let default = bound.take("default");
    let case_sensitive = bound.truth("case_sensitive", false);
    let mut keyed = Vec::new();
    for item in value.iterate()? {
        let key = path_of(state, &item, &attribute, default.as_ref())?;
        let sort_key = if case_sensitive { key.clone() } else { fold_case(&key) };
        keyed.push((sort_key, (key, item)));
    }
    sort_by_key(&mut keyed, false)?;
    let mut groups: Vec<(Value, Value, Vec<Value>)> = Vec::new();
    for (sort_key, (key, item)) in keyed {
        match groups.last_mut() {
            Some((last, _, items)) if last.equals(&sort_key) => items.push(item),
            _ => groups.push((sort_key, key, vec![item])),
        }
    }
    let group = |(_, grouper, items): (_, Value, Vec<Value>)| {
        Value::object(Group { parts: [grouper, Value::from(items)] })
    };
    Ok(Value::list(groups.into_iter().map(group)))
}

/// A pair that also answers to `.grouper` and `.list`.
struct Group {
    parts: [Value; 2],
}

impl Object for Group {
    fn type_name(&self) -> &str {
        "_GroupTuple"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        match name {
            "grouper" => Some(self.parts[0].clone()),
            "list" => Some(self.parts[1].clone()),
            _ => None,
        }
    }
    fn get_item(&self, key: &Value) -> Result<Option<Value>> {
        let index = key.as_int().map(|index| if index < 0 { index + 2 } else { index });
        Ok(index.and_then(|index| self.parts.get(usize::try_from(index).ok()?)).cloned())
    }
    fn iterate(&self) -> Option<Vec<Value>> {
        Some(self.parts.to_vec())
    }
    fn repr(&self) -> String {
        Value::tuple(self.parts.to_vec()).repr()
    }
    fn to_plain(&self) -> Option<Value> {
        Some(Value::list(self.parts.to_vec()))
    }
}
