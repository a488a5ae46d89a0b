//! DuckDB's own parser: SQL as a tree of JSON.

use ingot_core::error::{Error, Result};
use ingot_engine::{Cell, EngineOptions, Session, text_literal};
use serde_json::{Value as Json, json};
use std::collections::HashMap;

/// As many trees are kept; those of all models of a project would take hundreds of megabytes.
const MOST_TREES: usize = 64;

pub(crate) struct Parser {
    session: Box<dyn Session>,
    /// Trees that were asked for: `ingot why` asks for those of a few models again and again.
    trees: HashMap<String, Json>,
}

impl Parser {
    /// # Errors
    /// DuckDB cannot be opened.
    pub(crate) fn new() -> Result<Self> {
        let mut session = EngineOptions::in_memory().open()?.session()?;
        // Each question is one call of a function: there is nothing to make faster.
        session.execute("pragma disable_optimizer")?;
        Ok(Self { session, trees: HashMap::new() })
    }

    /// The tree of a query.
    ///
    /// # Errors
    /// It is not one query that can be read as a tree, such as a PIVOT statement.
    pub(crate) fn tree(&mut self, sql: &str) -> Result<Json> {
        if let Some(tree) = self.trees.get(sql) {
            return Ok(tree.clone());
        }
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
        let tree = tree["statements"][0]["node"].take();
        if self.trees.len() < MOST_TREES {
            self.trees.insert(sql.to_owned(), tree.clone());
        }
        Ok(tree)
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
