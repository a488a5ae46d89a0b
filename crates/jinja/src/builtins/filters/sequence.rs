//! Filters over sequences and mappings.

use crate::error::{Error, Result};
use crate::python::datetime::note_clock_read;
use crate::run::attributes;
use crate::value::arithmetic::binary;
use crate::value::compare::sort_by_key;
use crate::value::{Args, Bound, Iter, Key, Operator, State, Value};
use indexmap::IndexSet;
use std::hash::{BuildHasher, Hasher, RandomState};

/// Texts compare without case, unless `case_sensitive` says otherwise.
pub(super) fn fold_case(value: &Value) -> Value {
    match value {
        Value::Str(text) => Value::from(text.to_lowercase()),
        other => other.clone(),
    }
}

/// The attribute `path` of an item, or `default` where there is none.
pub(super) fn path_of(
    state: &State<'_>,
    item: &Value,
    path: &Value,
    default: Option<&Value>,
) -> Result<Value> {
    let found = attributes::get_path(state, item, path)?;
    match default {
        Some(default) if found.is_undefined() => Ok(default.clone()),
        _ => Ok(found),
    }
}

/// The key to sort or compare by; several attributes, with commas between, make a list.
fn key_of(state: &State<'_>, item: &Value, attribute: Option<&Value>, case_sensitive: bool) -> Result<Value> {
    let fold = |value: Value| if case_sensitive { value } else { fold_case(&value) };
    match attribute {
        None | Some(Value::None) => Ok(fold(item.clone())),
        Some(Value::Str(paths)) if paths.contains(',') => {
            let parts =
                paths.split(',').map(|path| Ok(fold(path_of(state, item, &Value::from(path), None)?)));
            Ok(Value::from(parts.collect::<Result<Vec<_>>>()?))
        }
        Some(path) => Ok(fold(path_of(state, item, path, None)?)),
    }
}

pub(super) fn length(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("length", &[])?;
    value.length().map(Value::from)
}

pub(super) fn list(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("list", &[])?;
    value.iterate().map(Value::from)
}

pub(super) fn first(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("first", &[])?;
    let none = || Value::undefined_because("first", "No first item, sequence was empty.");
    if let Value::Iter(iter) = &value {
        return Ok(iter.next().unwrap_or_else(none));
    }
    Ok(value.iterate()?.into_iter().next().unwrap_or_else(none))
}

pub(super) fn last(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("last", &[])?;
    if matches!(value, Value::Iter(_) | Value::Set(_)) {
        return Err(Error::type_error(format!("'{}' object is not reversible", value.type_name()))
            .hint("put '| list' before it"));
    }
    let none = || Value::undefined_because("last", "No last item, sequence was empty.");
    Ok(value.iterate()?.pop().unwrap_or_else(none))
}

pub(super) fn join(state: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("join", &["d?", "attribute?"])?;
    let separator = bound.take("d").map(|d| d.to_string()).unwrap_or_default();
    let attribute = bound.take("attribute");
    let mut out = String::new();
    for (index, item) in value.iterate()?.into_iter().enumerate() {
        if index > 0 {
            out.push_str(&separator);
        }
        match &attribute {
            None | Some(Value::None) => item.write_to(&mut out),
            Some(path) => path_of(state, &item, path, None)?.write_to(&mut out),
        }
    }
    Ok(Value::from(out))
}

pub(super) fn reverse(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("reverse", &[])?;
    if let Value::Str(text) = &value {
        return Ok(Value::from(text.chars().rev().collect::<String>()));
    }
    let is_generator = matches!(value, Value::Iter(_) | Value::Set(_));
    let mut items = value.iterate()?;
    items.reverse();
    Ok(if is_generator { Value::from(items) } else { Value::Iter(Iter::new("list_reverseiterator", items)) })
}

pub(super) fn sort(state: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("sort", &["reverse?", "case_sensitive?", "attribute?"])?;
    let reverse = bound.truth("reverse", false);
    let case_sensitive = bound.truth("case_sensitive", false);
    let attribute = bound.take("attribute");
    let mut keyed = Vec::new();
    for item in value.iterate()? {
        keyed.push((key_of(state, &item, attribute.as_ref(), case_sensitive)?, item));
    }
    sort_by_key(&mut keyed, reverse)?;
    Ok(Value::list(keyed.into_iter().map(|(_, item)| item)))
}

pub(super) fn unique(state: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("unique", &["case_sensitive?", "attribute?"])?;
    let case_sensitive = bound.truth("case_sensitive", false);
    let attribute = bound.take("attribute");
    let mut seen = IndexSet::new();
    let mut kept = Vec::new();
    for item in value.iterate()? {
        if seen.insert(Key::new(key_of(state, &item, attribute.as_ref(), case_sensitive)?)?) {
            kept.push(item);
        }
    }
    Ok(Value::generator(kept))
}

fn extreme(state: &mut State<'_>, value: &Value, args: Args, name: &str, largest: bool) -> Result<Value> {
    let mut bound = args.bind(name, &["case_sensitive?", "attribute?"])?;
    let case_sensitive = bound.truth("case_sensitive", false);
    let attribute = bound.take("attribute");
    let mut best: Option<(Value, Value)> = None;
    for item in value.iterate()? {
        let key = key_of(state, &item, attribute.as_ref(), case_sensitive)?;
        let better = match &best {
            None => true,
            Some((known, _)) if largest => key.order(known, ">")?.is_some_and(|order| order.is_gt()),
            Some((known, _)) => key.order(known, "<")?.is_some_and(|order| order.is_lt()),
        };
        if better {
            best = Some((key, item));
        }
    }
    let none = || Value::undefined_because(name, "No aggregated item, sequence was empty.");
    Ok(best.map_or_else(none, |(_, item)| item))
}

pub(super) fn max(state: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    extreme(state, &value, args, "max", true)
}
pub(super) fn min(state: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    extreme(state, &value, args, "min", false)
}

pub(super) fn sum(state: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("sum", &["attribute?", "start?"])?;
    let attribute = bound.take("attribute").filter(|attribute| !attribute.is_none());
    let mut total = bound.take("start").unwrap_or(Value::Int(0));
    for item in value.iterate()? {
        let item = match &attribute {
            Some(path) => path_of(state, &item, path, None)?,
            None => item,
        };
        total = binary(Operator::Add, &total, &item)?;
    }
    Ok(total)
}

pub(super) fn items(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("items", &[])?;
    if value.is_undefined() {
        return Ok(Value::generator(Vec::new()));
    }
    let entries =
        value.entries().map_err(|_| Error::type_error("Can only get item pairs from a mapping."))?;
    Ok(Value::generator(entries.into_iter().map(|(key, value)| Value::tuple([key, value])).collect()))
}

pub(super) fn dictsort(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("dictsort", &["case_sensitive?", "by?", "reverse?"])?;
    let case_sensitive = bound.truth("case_sensitive", false);
    let by = bound.optional_text("by")?.unwrap_or_else(|| "key".to_owned());
    let reverse = bound.truth("reverse", false);
    if by != "key" && by != "value" {
        return Err(Error::value("You can only sort by either \"key\" or \"value\""));
    }
    let mut keyed: Vec<(Value, Value)> = value
        .entries()?
        .into_iter()
        .map(|(key, value)| {
            let by = if by == "key" { &key } else { &value };
            let sort_key = if case_sensitive { by.clone() } else { fold_case(by) };
            (sort_key, Value::tuple([key, value]))
        })
        .collect();
    sort_by_key(&mut keyed, reverse)?;
    Ok(Value::list(keyed.into_iter().map(|(_, pair)| pair)))
}

fn count_of(bound: &mut Bound<'_>, name: &str) -> Result<usize> {
    match usize::try_from(bound.optional_int(name)?.unwrap_or(0)) {
        Ok(count) if (1..=1 << 24).contains(&count) => Ok(count),
        _ => Err(Error::value(format!("'{name}' must be positive"))),
    }
}

pub(super) fn batch(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("batch", &["linecount", "fill_with?"])?;
    let count = count_of(&mut bound, "linecount")?;
    let fill = bound.value("fill_with");
    let items = value.iterate()?;
    let batches = items.chunks(count).map(|chunk| {
        let mut chunk = chunk.to_vec();
        if !fill.is_none() {
            chunk.resize(count, fill.clone());
        }
        Value::from(chunk)
    });
    Ok(Value::generator(batches.collect()))
}

pub(super) fn slice(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("slice", &["slices", "fill_with?"])?;
    let slices = count_of(&mut bound, "slices")?;
    let fill = bound.value("fill_with");
    let items = value.iterate()?;
    let (size, larger) = (items.len() / slices, items.len() % slices);
    let mut at = 0;
    let mut out = Vec::new();
    for index in 0..slices {
        let end = at + size + usize::from(index < larger);
        let mut part = items[at..end].to_vec();
        at = end;
        if !fill.is_none() && index >= larger {
            part.push(fill.clone());
        }
        out.push(Value::from(part));
    }
    Ok(Value::generator(out))
}

/// One of the items, whichever; undefined where there are none.
pub(super) fn random(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    args.bind("random", &[])?;
    note_clock_read();
    let mut items = match &value {
        Value::Str(text) => text.chars().map(|letter| Value::from(letter.to_string())).collect(),
        other => other.iterate()?,
    };
    if items.is_empty() {
        return Ok(Value::undefined_because("random", "No random item, sequence was empty.".to_owned()));
    }
    // The keys of a hasher are as random as the operating system gives them.
    let drawn = RandomState::new().build_hasher().finish();
    Ok(items.swap_remove((drawn % items.len() as u64) as usize))
}
