//! What `table.group_by(…)` gives: a table for each value of the key.

use super::data::{ResultTable, unique_names};
use super::printed;
use crate::values;
use ingot_jinja::{Args, Object, Result, State, Value};
use std::any::Any;

/// Tables with the same columns, by key.
pub(super) struct TableSet {
    pub key_name: String,
    pub keys: Vec<Value>,
    pub tables: Vec<ResultTable>,
    /// Has the columns of all of them, and no rows.
    pub sample: ResultTable,
}

impl TableSet {
    fn pairs(&self) -> impl Iterator<Item = (Value, Value)> {
        self.keys.iter().cloned().zip(self.tables.iter().cloned().map(Value::object))
    }

    /// A single table, with the keys as its first column.
    fn merged(&self, args: Args) -> Result<Value> {
        let mut bound = args.bind("merge", &["groups?", "group_name?", "group_type?"])?;
        let groups = match bound.take("groups") {
            Some(groups) if !groups.is_none() => groups.iterate()?,
            _ => self.keys.clone(),
        };
        let name = bound
            .take("group_name")
            .filter(Value::is_true)
            .map_or_else(|| self.key_name.clone(), |name| values::text(&name));
        let rows = groups.iter().zip(&self.tables).flat_map(|(key, table)| {
            table.rows.iter().map(|row| std::iter::once(key.clone()).chain(row.iter().cloned()).collect())
        });
        Ok(Value::object(ResultTable {
            names: unique_names(
                std::iter::once(name.as_str()).chain(self.sample.names.iter().map(String::as_str)),
            ),
            types: std::iter::once("VARCHAR".to_owned()).chain(self.sample.types.iter().cloned()).collect(),
            rows: rows.collect(),
        }))
    }

    fn structure(&self) -> String {
        let rows = self.keys.iter().zip(&self.tables).take(20).map(|(key, table)| {
            let key = if key.is_none() { Value::None } else { values::text(key).into() };
            [key, table.rows.len().to_string().into()].into()
        });
        printed::two_columns(["table", "rows"], rows.collect())
    }
}

impl Object for TableSet {
    fn type_name(&self) -> &str {
        "TableSet"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        match name {
            "key_name" => Some(self.key_name.as_str().into()),
            "column_names" | "column_types" => self.sample.get_attr(name),
            _ => None,
        }
    }
    /// By key; by place where the key is a whole number, as in agate.
    fn get_item(&self, key: &Value) -> Result<Option<Value>> {
        if key.as_int().is_some() {
            return Ok(key.as_place(self.tables.len()).map(|at| Value::object(self.tables[at].clone())));
        }
        Ok(self.pairs().find(|(known, _)| known.equals(key)).map(|(_, table)| table))
    }
    fn method_names(&self) -> &[&'static str] {
        &[
            "keys",
            "values",
            "items",
            "get",
            "dict",
            "merge",
            "print_structure",
            "select",
            "exclude",
            "limit",
            "order_by",
            "where",
            "find",
            "distinct",
            "join",
            "normalize",
            "denormalize",
            "group_by",
        ]
    }
    fn call_method(&self, state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        Some(match name {
            "keys" => Ok(Value::tuple(self.keys.iter().cloned())),
            "values" => Ok(Value::tuple(self.pairs().map(|(_, table)| table))),
            "items" => Ok(Value::tuple(self.pairs().map(|(key, table)| Value::tuple([key, table])))),
            "dict" => Ok(Value::dict(self.pairs().map(|(key, table)| (values::text(&key), table)))),
            "get" => args.clone().bind("get", &["key", "default?"]).and_then(|mut bound| {
                Ok(self.get_item(&bound.value("key"))?.unwrap_or_else(|| bound.value("default")))
            }),
            "merge" => self.merged(args.clone()),
            "print_structure" => values::agate::say(state, self.structure()),
            // What is said to the set is said to each of its tables.
            name if self.method_names().contains(&name) => {
                let made: Result<Vec<Value>> = self
                    .tables
                    .iter()
                    .map(|table| table.call_method(state, name, args).unwrap_or(Ok(Value::None)))
                    .collect();
                made.map(|made| {
                    let tables: Option<Vec<ResultTable>> =
                        made.iter().map(|table| table.downcast::<ResultTable>().cloned()).collect();
                    match tables {
                        Some(tables) => Value::object(Self {
                            key_name: self.key_name.clone(),
                            keys: self.keys.clone(),
                            sample: tables.first().map_or_else(
                                || self.sample.clone(),
                                |table| ResultTable { rows: [].into(), ..table.clone() },
                            ),
                            tables,
                        }),
                        // Rows, or sets of their own.
                        None => Value::list(made),
                    }
                })
            }
            _ => return None,
        })
    }
    fn iterate(&self) -> Option<Vec<Value>> {
        Some(self.pairs().map(|(_, table)| table).collect())
    }
    fn length(&self) -> Option<usize> {
        Some(self.tables.len())
    }
    fn is_true(&self) -> bool {
        !self.tables.is_empty()
    }
    fn to_str(&self) -> String {
        self.structure()
    }
}
