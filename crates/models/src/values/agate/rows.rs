//! Rows, columns, and sequences of them.

use super::data::{ResultTable, position, sort};
use ingot_jinja::{Args, Object, Result, State, Value};
use std::any::Any;
use std::sync::Arc;

/// How agate prints rows and columns: the first five values.
fn sample(type_name: &str, values: &[Value]) -> String {
    let shown: Vec<String> = values.iter().take(5).map(Value::repr).collect();
    let more = if values.len() > 5 { ", ..." } else { "" };
    format!("<agate.{type_name}: ({}{more})>", shown.join(", "))
}

/// `table.rows`, `table.columns`: by position, and columns by name too.
pub(super) struct Sequence {
    pub items: Vec<Value>,
    pub names: Vec<String>,
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
        Ok(key.as_place(self.items.len()).and_then(|index| self.items.get(index).cloned()))
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
        Ok(key.as_place(self.values.len()).map(|index| self.values[index].clone()))
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
pub(super) struct ResultColumn {
    pub table: ResultTable,
    pub index: usize,
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
        Ok(key.as_place(self.table.rows.len()).map(|row| self.table.rows[row][self.index].clone()))
    }
    fn method_names(&self) -> &[&'static str] {
        &["values", "values_distinct", "values_sorted", "values_without_nulls", "values_without_nulls_sorted"]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, _args: &Args) -> Option<Result<Value>> {
        let known = || self.all().into_iter().filter(|value| !value.is_none()).collect::<Vec<_>>();
        let sorted =
            |mut values: Vec<Value>| sort(&mut values, false, |value| value).map(|()| Value::list(values));
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
