//! Tables, rows and columns.

use super::{printed, reshape, say};

use crate::values;
use ingot_engine::Rows;
use ingot_jinja::{Args, Object, Result, State, Value};
use serde_json::Value as Json;
use std::any::Any;
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
    pub(crate) fn row_values(&self) -> Vec<Value> {
        self.rows
            .iter()
            .map(|values| Value::object(ResultRow { names: self.names.clone(), values: values.clone() }))
            .collect()
    }
    fn column(&self, index: usize) -> Value {
        Value::object(ResultColumn { table: self.clone(), index })
    }
    fn columns(&self) -> Vec<Value> {
        (0..self.names.len()).map(|index| self.column(index)).collect()
    }
    fn with_columns(&self, keep: &[usize]) -> Value {
        Value::object(Self {
            names: keep.iter().map(|index| self.names[*index].clone()).collect(),
            types: keep.iter().map(|index| self.types[*index].clone()).collect(),
            rows: self
                .rows
                .iter()
                .map(|row| keep.iter().map(|index| row[*index].clone()).collect())
                .collect(),
        })
    }
    fn named(&self, value: &Value) -> Vec<usize> {
        let names: Vec<String> = match value {
            Value::List(list) => list.items().iter().map(values::text).collect(),
            Value::Tuple(items) => items.iter().map(values::text).collect(),
            other => vec![values::text(other)],
        };
        names.iter().filter_map(|name| position(&self.names, name)).collect()
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

/// How agate prints rows and columns: the first five values.
fn sample(type_name: &str, values: &[Value]) -> String {
    let shown: Vec<String> = values.iter().take(5).map(Value::repr).collect();
    let more = if values.len() > 5 { ", ..." } else { "" };
    format!("<agate.{type_name}: ({}{more})>", shown.join(", "))
}

pub(super) fn position(names: &[String], name: &str) -> Option<usize> {
    names
        .iter()
        .position(|known| known == name)
        .or_else(|| names.iter().position(|known| known.eq_ignore_ascii_case(name)))
}

/// An index from the front, or from the back when negative.
pub(super) fn place(key: &Value, length: usize) -> Option<usize> {
    let index = key.as_int()?;
    let index = if index < 0 { index + length as i128 } else { index };
    usize::try_from(index).ok().filter(|index| *index < length)
}

impl Object for ResultTable {
    fn type_name(&self) -> &str {
        "Table"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        Some(match name {
            "rows" => Value::object(Sequence { items: self.row_values(), names: Vec::new() }),
            "columns" => Value::object(Sequence { items: self.columns(), names: self.names.to_vec() }),
            "column_names" => Value::tuple(self.names.iter().map(|name| Value::from(name.as_str()))),
            "row_names" => Value::None,
            "column_types" => Value::tuple(self.types.iter().map(|name| Value::from(name.as_str()))),
            _ => return None,
        })
    }
    /// A row, as `table.rows[...]` is.
    fn get_item(&self, key: &Value) -> Result<Option<Value>> {
        Ok(place(key, self.rows.len()).map(|index| self.row_values().swap_remove(index)))
    }
    fn method_names(&self) -> &[&'static str] {
        &[
            "select",
            "exclude",
            "rename",
            "limit",
            "order_by",
            "where",
            "find",
            "distinct",
            "group_by",
            "merge",
            "join",
            "normalize",
            "denormalize",
            "print_table",
            "print_structure",
            "print_json",
            "print_csv",
        ]
    }
    fn call_method(&self, state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        Some(match name {
            "select" => args
                .clone()
                .bind("select", &["key"])
                .map(|mut bound| self.with_columns(&self.named(&bound.value("key")))),
            "exclude" => args.clone().bind("exclude", &["key"]).map(|mut bound| {
                let out = self.named(&bound.value("key"));
                let keep: Vec<usize> = (0..self.names.len()).filter(|index| !out.contains(index)).collect();
                self.with_columns(&keep)
            }),
            "limit" => self.limit(args.clone()),
            "rename" => self.rename(args.clone()),
            "order_by" => self.order_by(state, args.clone()),
            "where" => self.rows_where(state, args.clone()),
            "find" => self.find(state, args.clone()),
            "distinct" => self.distinct(state, args.clone()),
            "group_by" => self.group_by(state, args.clone()),
            "merge" => Self::merge(args.clone()),
            "join" => self.join(state, args.clone()),
            "normalize" => self.normalize(args.clone()),
            "denormalize" => self.denormalize(args.clone()),
            "print_table" => printed::table(self, args.clone()).and_then(|text| say(state, text)),
            "print_structure" => say(state, printed::structure(self)),
            "print_json" => say(state, printed::json(self)),
            "print_csv" => printed::csv(self).and_then(|text| say(state, text)),
            _ => return None,
        })
    }
    fn iterate(&self) -> Option<Vec<Value>> {
        Some(self.row_values())
    }
    fn length(&self) -> Option<usize> {
        Some(self.rows.len())
    }
    // An agate table has no truth of its own but its length.
    fn is_true(&self) -> bool {
        !self.rows.is_empty()
    }
    fn to_str(&self) -> String {
        printed::structure(self)
    }
    fn repr(&self) -> String {
        "<agate.table.Table object>".to_owned()
    }
}

/// `table.rows`, `table.columns`: by position, and columns by name too.
struct Sequence {
    items: Vec<Value>,
    names: Vec<String>,
}

impl Object for Sequence {
    fn type_name(&self) -> &str {
        "MappedSequence"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_item(&self, key: &Value) -> Result<Option<Value>> {
        if let Some(name) = key.as_str() {
            return Ok(position(&self.names, name).and_then(|index| self.items.get(index).cloned()));
        }
        Ok(place(key, self.items.len()).and_then(|index| self.items.get(index).cloned()))
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        position(&self.names, name).and_then(|index| self.items.get(index).cloned())
    }
    fn method_names(&self) -> &[&'static str] {
        &["values", "keys", "items", "get"]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        Some(match name {
            "values" => Ok(Value::tuple(self.items.clone())),
            "keys" => Ok(Value::tuple(self.names.iter().map(|name| Value::from(name.as_str())))),
            "items" => Ok(Value::list(
                self.names
                    .iter()
                    .zip(&self.items)
                    .map(|(name, item)| Value::tuple([Value::from(name.as_str()), item.clone()])),
            )),
            "get" => args.clone().bind("get", &["key", "default?"]).and_then(|mut bound| {
                let found = self.get_item(&bound.value("key"))?;
                Ok(found.unwrap_or_else(|| bound.value("default")))
            }),
            _ => return None,
        })
    }
    fn iterate(&self) -> Option<Vec<Value>> {
        Some(self.items.clone())
    }
    fn length(&self) -> Option<usize> {
        Some(self.items.len())
    }
    fn is_true(&self) -> bool {
        !self.items.is_empty()
    }
    fn repr(&self) -> String {
        sample("MappedSequence", &self.items)
    }
}

/// A row: by position, by name, as an attribute.
pub(super) struct ResultRow {
    pub names: Arc<[String]>,
    pub values: Arc<[Value]>,
}

impl Object for ResultRow {
    fn type_name(&self) -> &str {
        "Row"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        position(&self.names, name).map(|index| self.values[index].clone())
    }
    fn get_item(&self, key: &Value) -> Result<Option<Value>> {
        if let Some(name) = key.as_str() {
            let missing = || {
                let known = self.names.join(", ");
                Value::undefined_because(name, format!("the result has no column '{name}'; it has: {known}"))
            };
            return Ok(Some(self.get_attr(name).unwrap_or_else(missing)));
        }
        Ok(place(key, self.values.len()).map(|index| self.values[index].clone()))
    }
    fn method_names(&self) -> &[&'static str] {
        &["values", "keys", "items", "get", "dict"]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        let pairs =
            || self.names.iter().map(|name| Value::from(name.as_str())).zip(self.values.iter().cloned());
        Some(match name {
            "values" => Ok(Value::tuple(self.values.iter().cloned())),
            "keys" => Ok(Value::tuple(self.names.iter().map(|name| Value::from(name.as_str())))),
            "items" => Ok(Value::list(pairs().map(|(name, value)| Value::tuple([name, value])))),
            "dict" => Ok(Value::dict(self.names.iter().map(String::as_str).zip(self.values.iter().cloned()))),
            "get" => args.clone().bind("get", &["key", "default?"]).and_then(|mut bound| {
                let key = bound.text("key")?;
                Ok(self.get_attr(&key).unwrap_or_else(|| bound.value("default")))
            }),
            _ => return None,
        })
    }
    fn iterate(&self) -> Option<Vec<Value>> {
        Some(self.values.to_vec())
    }
    fn to_plain(&self) -> Option<Value> {
        Some(Value::list(self.values.iter().cloned()))
    }
    fn repr(&self) -> String {
        sample("Row", &self.values)
    }
}

/// `table.columns[0]`.
struct ResultColumn {
    table: ResultTable,
    index: usize,
}

impl ResultColumn {
    fn all(&self) -> Vec<Value> {
        self.table.rows.iter().map(|row| row[self.index].clone()).collect()
    }
}

impl Object for ResultColumn {
    fn type_name(&self) -> &str {
        "Column"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        match name {
            "name" => Some(self.table.names[self.index].as_str().into()),
            "data_type" => Some(self.table.types[self.index].as_str().into()),
            "index" => Some(self.index.into()),
            _ => None,
        }
    }
    fn get_item(&self, key: &Value) -> Result<Option<Value>> {
        Ok(place(key, self.table.rows.len()).map(|row| self.table.rows[row][self.index].clone()))
    }
    fn method_names(&self) -> &[&'static str] {
        &["values", "values_distinct", "values_sorted", "values_without_nulls", "values_without_nulls_sorted"]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, _args: &Args) -> Option<Result<Value>> {
        let known = || self.all().into_iter().filter(|value| !value.is_none()).collect::<Vec<_>>();
        let sorted = |mut values: Vec<Value>| {
            reshape::sort(&mut values, false, |value| value).map(|()| Value::list(values))
        };
        Some(Ok(match name {
            "values_sorted" => return Some(sorted(self.all())),
            "values_without_nulls_sorted" => return Some(sorted(known())),
            "values" => Value::tuple(self.all()),
            "values_without_nulls" => Value::tuple(known()),
            "values_distinct" => {
                let mut seen: Vec<Value> = Vec::new();
                for value in self.all() {
                    if !seen.iter().any(|other| other.equals(&value)) {
                        seen.push(value);
                    }
                }
                Value::tuple(seen)
            }
            _ => return None,
        }))
    }
    fn iterate(&self) -> Option<Vec<Value>> {
        Some(self.all())
    }
    fn repr(&self) -> String {
        sample("Column", &self.all())
    }
}
