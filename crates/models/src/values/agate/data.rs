//! What a result is made of, before templates ask it anything.

use crate::values;
use ingot_engine::Rows;
use ingot_jinja::{Object, Result, Value};
use serde_json::Value as Json;
use std::any::Any;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

/// What the engine answered to a statement: `load_result('main').response`. Prints as its message.
pub(crate) struct Response {
    pub message: Value,
    pub code: Value,
    pub rows_affected: Value,
}

impl Response {
    /// As artifacts have it, without what is not known.
    pub(crate) fn to_json(&self) -> Json {
        let known =
            [("_message", &self.message), ("code", &self.code), ("rows_affected", &self.rows_affected)];
        known
            .into_iter()
            .filter(|(_, value)| !value.is_none())
            .map(|(key, value)| (key.to_owned(), values::to_json(value)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

impl Object for Response {
    fn type_name(&self) -> &str {
        "AdapterResponse"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        match name {
            "_message" => Some(self.message.clone()),
            "code" => Some(self.code.clone()),
            "rows_affected" => Some(self.rows_affected.clone()),
            _ => None,
        }
    }
    fn to_str(&self) -> String {
        values::text(&self.message)
    }
}

/// A whole result. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ResultTable {
    pub names: Arc<[String]>,
    pub types: Arc<[String]>,
    pub rows: Arc<[Arc<[Value]>]>,
}

impl ResultTable {
    pub(crate) fn empty() -> Self {
        Self { names: [].into(), types: [].into(), rows: [].into() }
    }
    pub(crate) fn of(rows: &Rows) -> Self {
        Self {
            names: unique_names(rows.columns.iter().map(|column| column.name.as_str())),
            types: rows.columns.iter().map(|column| column.type_name.clone()).collect(),
            rows: rows.rows.iter().map(|row| row.iter().map(values::from_cell).collect()).collect(),
        }
    }
}

/// The names of the columns, of which the second `a` is `a_2`.
pub(super) fn unique_names<'n>(names: impl Iterator<Item = &'n str>) -> Arc<[String]> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let names = names.map(|name| {
        let count = seen.entry(name).or_default();
        *count += 1;
        if *count == 1 { name.to_owned() } else { format!("{name}_{count}") }
    });
    names.collect()
}

pub(super) fn position(names: &[String], name: &str) -> Option<usize> {
    names
        .iter()
        .position(|known| known == name)
        .or_else(|| names.iter().position(|known| known.eq_ignore_ascii_case(name)))
}

/// The names in a list or tuple; `None` for a single one.
pub(super) fn names_in(key: &Value) -> Option<Vec<Value>> {
    match key {
        Value::List(list) => Some(list.items()),
        Value::Tuple(items) => Some(items.to_vec()),
        _ => None,
    }
}

/// Sorts by a key, nulls last.
pub(super) fn sort<T>(items: &mut [T], is_reversed: bool, key: impl Fn(&T) -> &Value) -> Result<()> {
    let mut failure = None;
    items.sort_by(|one, other| {
        let order = order(key(one), key(other)).unwrap_or_else(|error| {
            failure.get_or_insert(error);
            Ordering::Equal
        });
        if is_reversed { order.reverse() } else { order }
    });
    failure.map_or(Ok(()), Err)
}

fn order(one: &Value, other: &Value) -> Result<Ordering> {
    match (one, other) {
        (Value::None, Value::None) => Ok(Ordering::Equal),
        (Value::None, _) => Ok(Ordering::Greater),
        (_, Value::None) => Ok(Ordering::Less),
        (Value::Tuple(ones), Value::Tuple(others)) => {
            for (one, other) in ones.iter().zip(others.iter()) {
                match order(one, other)? {
                    Ordering::Equal => {}
                    different => return Ok(different),
                }
            }
            Ok(ones.len().cmp(&others.len()))
        }
        _ => Ok(one.order(other, "<")?.unwrap_or(Ordering::Equal)),
    }
}
