//! Methods of lists, tuples and ranges. <https://docs.python.org/3/library/stdtypes.html#sequence-types-list-tuple-range>

use crate::error::{Error, Kind, Result};
use crate::value::compare::sort_by_key;
use crate::value::{Args, Bound, List, Method, MethodTable, State, Value};

const fn method(
    name: &'static str,
    parameters: &'static [&'static str],
    call: fn(&mut State<'_>, &List, &mut Bound<'_>) -> Result<Value>,
) -> Method<List> {
    Method { name, parameters, call }
}

pub(super) static LIST: MethodTable<List, 11> = MethodTable::new(
    "list",
    [
        method("append", &["object"], |_, list, bound| {
            list.push(bound.value("object"));
            Ok(Value::None)
        }),
        method("extend", &["iterable"], |_, list, bound| {
            let items = bound.value("iterable").iterate()?;
            list.change(|list| list.extend(items));
            Ok(Value::None)
        }),
        method("insert", &["index", "object"], |_, list, bound| {
            let index = bound.optional_int("index")?.unwrap_or(0);
            let item = bound.value("object");
            list.change(|list| list.insert(clamp(index, list.len()), item));
            Ok(Value::None)
        }),
        method("pop", &["index?"], |_, list, bound| {
            let index = bound.optional_int("index")?.unwrap_or(-1);
            list.change(|list| pop(list, index))
        }),
        method("remove", &["value"], |_, list, bound| {
            let wanted = bound.value("value");
            match position(&list.items(), &wanted) {
                Some(index) => {
                    list.change(|list| {
                        // Another thread may have shortened it since.
                        if index < list.len() {
                            list.remove(index);
                        }
                    });
                    Ok(Value::None)
                }
                None => Err(Error::value("list.remove(x): x not in list")),
            }
        }),
        method("sort", &["key?", "reverse?"], sort),
        method("reverse", &[], |_, list, _| {
            list.change(|list| list.reverse());
            Ok(Value::None)
        }),
        method("copy", &[], |_, list, _| Ok(Value::from(list.items()))),
        method("clear", &[], |_, list, _| {
            list.change(Vec::clear);
            Ok(Value::None)
        }),
        method("index", INDEX, |_, list, bound| index(&list.items(), "list", bound)),
        method("count", &["value"], |_, list, bound| count(&list.items(), bound)),
    ],
);

pub(super) static TUPLE: MethodTable<[Value], 2> = MethodTable::new(
    "tuple",
    [
        Method { name: "index", parameters: INDEX, call: |_, items, bound| index(items, "tuple", bound) },
        Method { name: "count", parameters: &["value"], call: |_, items, bound| count(items, bound) },
    ],
);

/// Over the numbers of the range.
pub(super) static RANGE: MethodTable<[Value], 2> = MethodTable::new(
    "range",
    [
        Method { name: "index", parameters: INDEX, call: |_, items, bound| index(items, "range", bound) },
        Method { name: "count", parameters: &["value"], call: |_, items, bound| count(items, bound) },
    ],
);

const INDEX: &[&str] = &["value", "start?", "stop?"];

fn position(items: &[Value], wanted: &Value) -> Option<usize> {
    items.iter().position(|item| item.is_same(wanted) || item.equals(wanted))
}

/// An index, negative from the end, within a length.
fn clamp(index: i128, length: usize) -> usize {
    let length = length as i128;
    usize::try_from(if index < 0 { index + length } else { index }.clamp(0, length)).unwrap_or(0)
}

fn pop(list: &mut Vec<Value>, index: i128) -> Result<Value> {
    if list.is_empty() {
        return Err(Error::new(Kind::Index, "pop from empty list"));
    }
    let index = if index < 0 { index + list.len() as i128 } else { index };
    match usize::try_from(index).ok().filter(|index| *index < list.len()) {
        Some(index) => Ok(list.remove(index)),
        None => Err(Error::new(Kind::Index, "pop index out of range")),
    }
}

fn sort(state: &mut State<'_>, list: &List, bound: &mut Bound<'_>) -> Result<Value> {
    let key = bound.value("key");
    let reverse = bound.truth("reverse", false);
    let mut items = Vec::new();
    for item in list.items() {
        let key = if key.is_none() { item.clone() } else { state.call(&key, Args::of([item.clone()]))? };
        items.push((key, item));
    }
    sort_by_key(&mut items, reverse)?;
    list.replace(items.into_iter().map(|(_, item)| item).collect());
    Ok(Value::None)
}

fn count(items: &[Value], bound: &mut Bound<'_>) -> Result<Value> {
    let wanted = bound.value("value");
    Ok(Value::from(items.iter().filter(|item| item.equals(&wanted)).count()))
}

fn index(items: &[Value], kind: &str, bound: &mut Bound<'_>) -> Result<Value> {
    let wanted = bound.value("value");
    let start = clamp(bound.optional_int("start")?.unwrap_or(0), items.len());
    let stop = clamp(bound.optional_int("stop")?.unwrap_or(items.len() as i128), items.len());
    match position(items.get(start..stop).unwrap_or_default(), &wanted) {
        Some(index) => Ok(Value::from(index + start)),
        None => Err(Error::value(format!("{} is not in {kind}", wanted.repr()))),
    }
}
