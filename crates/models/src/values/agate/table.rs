//! Tables as templates see them.

use super::data::{ResultTable, names_in, position};
use super::rows::{ResultColumn, ResultRow, Sequence};
use super::{printed, say};
use crate::values;
use ingot_jinja::{Args, Object, Result, State, Value};
use std::any::Any;
use std::sync::Arc;

impl ResultTable {
    pub(crate) fn row_values(&self) -> Vec<Value> {
        self.rows.iter().map(|values| self.row(values)).collect()
    }
    pub(super) fn row(&self, values: &Arc<[Value]>) -> Value {
        Value::object(ResultRow { names: self.names.clone(), values: values.clone() })
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
        let names = names_in(value).unwrap_or_else(|| vec![value.clone()]);
        names.iter().filter_map(|name| position(&self.names, &values::text(name))).collect()
    }
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
        Ok(key.as_place(self.rows.len()).map(|index| self.row(&self.rows[index])))
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
