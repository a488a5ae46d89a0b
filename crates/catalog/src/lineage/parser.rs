//! DuckDB's own parser: SQL as a tree of JSON.

use ingot_core::error::{Error, Result};
use ingot_engine::{Cell, EngineOptions, Session, text_literal};
use serde_json::Value as Json;
use std::collections::HashSet;

/// A parser, and the names of DuckDB's aggregates.
pub(crate) struct Parser {
    session: Box<dyn Session>,
    pub(super) aggregates: HashSet<String>,
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
    pub(super) fn tree(&mut self, sql: &str) -> Result<Json> {
        let call = format!("select json_serialize_sql({}::varchar)", text_literal(sql));
        let rows = self.session.query(&call)?;
        let text = rows.first().and_then(Cell::as_str).unwrap_or_default();
        let mut tree: Json = serde_json::from_str(text)
            .map_err(|error| Error::new("the SQL cannot be read as a tree").caused_by(error))?;
        if tree["error"] == true {
            let why = tree["error_message"].as_str().unwrap_or_default();
            return Err(Error::new(format!("the SQL cannot be read as a tree: {why}")));
        }
        Ok(tree["statements"][0]["node"].take())
    }
}
