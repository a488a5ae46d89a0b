//! DuckDB's own parser: SQL as a tree of JSON.

use ingot_core::error::{Error, Result};
use ingot_engine::{Cell, EngineOptions, Session, text_literal};
use serde_json::{Value as Json, json};
use std::collections::HashSet;

/// A parser, and the names of DuckDB's aggregates.
pub(crate) struct Parser {
    session: Box<dyn Session>,
    pub(crate) aggregates: HashSet<String>,
}

impl Parser {
    /// # Errors
    /// DuckDB cannot be opened.
    pub(crate) fn new() -> Result<Self> {
        let mut session = EngineOptions::in_memory().open()?.session()?;
        let rows = session.query(
            "select distinct lower(function_name) from duckdb_functions() where function_type = 'aggregate'",
        )?;
        let aggregates =
            rows.rows.iter().filter_map(|row| row.first()?.as_str().map(str::to_owned)).collect();
        Ok(Self { session, aggregates })
    }

    /// The tree of a query.
    ///
    /// # Errors
    /// It is not one query that can be read as a tree, such as a PIVOT statement.
    pub(crate) fn tree(&mut self, sql: &str) -> Result<Json> {
        let call = format!("select json_serialize_sql({}::varchar)", text_literal(sql));
        let rows = self.session.query(&call)?;
        let text = rows.first().and_then(Cell::as_str).unwrap_or_default();
        let mut tree: Json = serde_json::from_str(text)
            .map_err(|error| Error::new("the SQL cannot be read as a tree").caused_by(error))?;
        if tree["error"] == true {
            let why = tree["error_message"].as_str().unwrap_or_default();
            return Err(Error::new(format!("the SQL cannot be read as a tree: {why}")));
        }
        if tree["statements"].as_array().map(Vec::len) != Some(1) {
            return Err(Error::new("the SQL is not one query"));
        }
        Ok(tree["statements"][0]["node"].take())
    }

    /// The SQL of a tree.
    ///
    /// # Errors
    /// The tree is not one of a query.
    pub(crate) fn sql(&mut self, node: Json) -> Result<String> {
        let document = json!({"error": false, "statements": [{"node": node, "named_param_map": []}]});
        let call = format!("select json_deserialize_sql({}::json)", text_literal(&document.to_string()));
        let rows = self.session.query(&call)?;
        Ok(rows.first().and_then(Cell::as_str).unwrap_or_default().to_owned())
    }

    /// The SQL of an expression, without its name.
    ///
    /// # Errors
    /// The tree is not one of an expression.
    pub(crate) fn expression_sql(&mut self, mut expression: Json) -> Result<String> {
        expression["alias"] = "".into();
        let mut query = self.tree("select 1")?;
        query["select_list"] = json!([expression]);
        let sql = self.sql(query)?;
        Ok(sql.strip_prefix("SELECT ").unwrap_or(&sql).to_owned())
    }
}
