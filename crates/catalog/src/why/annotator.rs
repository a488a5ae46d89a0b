//! A model's query, changed so that each of its rows lists the rows of tables that it is made of.
//!
//! Each table in FROM gets a column with a list of one number, which names the row. A join puts the lists of its tables
//! one behind the other, a group those of its rows, a window those of the rows that it looks at. Tables that do not
//! matter for the columns that are asked for are left as they are: those on the empty side of an outer join of which
//! no column is used. The query is changed in the tree of DuckDB's own parser.

use super::known::Known;
use super::pieces::table;
use super::read::Read;
use super::scope::{Need, Visible};
use crate::lineage::Parser;
use ingot_core::error::{Error, Result};
use ingot_models::{RelationName, TypedNode};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A model's query with the list of rows.
pub(super) struct Annotated {
    /// The query's columns, and [`ROWS`].
    pub(super) sql: String,
    /// The tables whose rows the numbers name, by their tag: a node, and the views through which it is read.
    pub(super) inputs: Vec<InputTable>,
    /// The columns of tables and views that matter, by node.
    pub(super) needs: BTreeMap<usize, Need>,
    /// What is not followed.
    pub(super) notes: BTreeSet<String>,
    /// Whether each row is made of one row of each table, so that it is the same if other rows are not there.
    pub(super) row_by_row: bool,
}

/// A table with rows of its own, as a model reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InputTable {
    pub(super) node: usize,
    /// The views between the model and the table, from the model on.
    pub(super) through: Vec<usize>,
}

/// What is made of a CTE.
pub(super) struct Followed {
    pub(super) materialized: Json,
    /// Whether it gives other rows each time, so that it may be computed only once.
    pub(super) unstable: bool,
    pub(super) versions: Vec<Version>,
}

/// A CTE with the list of rows.
pub(super) struct Version {
    pub(super) need: Need,
    pub(super) name: String,
    pub(super) body: Json,
    pub(super) keeps_out: bool,
}

/// A query with the list of rows, as a tree.
pub(super) struct Query {
    pub(super) tree: Json,
    /// Whether rows were kept out of it by rows that are not named.
    pub(super) keeps_out: bool,
}

pub(super) struct Annotator<'a> {
    pub(super) parser: &'a mut Parser,
    pub(super) known: Known<'a, Followed>,
    /// The SQL of tables that the tree names by a number.
    pub(super) texts: Vec<String>,
    pub(super) counter: usize,
    pub(super) through: Vec<usize>,
    /// What is read in the place of tables, so that only rows that can matter are.
    pub(super) reads: BTreeMap<usize, Read>,
    /// Views, as they are with what is read in the place of tables.
    pub(super) views: BTreeMap<usize, String>,
    pub(super) result: Annotated,
}

impl<'a> Annotator<'a> {
    pub(super) fn new(
        parser: &'a mut Parser,
        nodes: &'a [TypedNode],
        by_relation: &'a HashMap<RelationName, usize>,
    ) -> Self {
        let result = Annotated {
            sql: String::new(),
            inputs: Vec::new(),
            needs: BTreeMap::new(),
            notes: BTreeSet::new(),
            row_by_row: true,
        };
        Self {
            parser,
            known: Known::new(nodes, by_relation),
            texts: Vec::new(),
            counter: 0,
            through: Vec::new(),
            reads: BTreeMap::new(),
            views: BTreeMap::new(),
            result,
        }
    }

    /// Lets the query read these in the place of tables.
    pub(super) fn reading(mut self, reads: BTreeMap<usize, Read>) -> Self {
        self.reads = reads;
        self
    }

    /// The query of a node with the list of rows, for the columns in `need`.
    ///
    /// # Errors
    /// The node was not compiled, or its SQL cannot be read as a tree.
    pub(super) fn annotate(mut self, node: usize, need: &Need) -> Result<Annotated> {
        let sql = self.model(node, need)?;
        self.result.sql = self.with_texts(&sql);
        Ok(self.result)
    }

    pub(super) fn model(&mut self, node: usize, need: &Need) -> Result<String> {
        let Some(sql) = &self.known.nodes[node].compiled else {
            return Err(Error::new("it was not compiled"));
        };
        let tree = self.parser.tree(sql)?;
        let query = self.query(&tree, need, &Visible::default())?;
        self.parser.sql(query.tree)
    }

    /// Puts the SQL of tables in the place of their numbers.
    fn with_texts(&self, sql: &str) -> String {
        const MARK: &str = "__why_table_";
        let mut out = String::with_capacity(sql.len() * 2);
        let mut rest = sql;
        while let Some(at) = rest.find(MARK) {
            out.push_str(&rest[..at]);
            let after = &rest[at + MARK.len()..];
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            let text = after[..digits].parse::<usize>().ok().and_then(|number| self.texts.get(number));
            out.push_str(&self.with_texts(text.map(String::as_str).unwrap_or_default()));
            rest = &after[digits..];
        }
        out.push_str(rest);
        out
    }

    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.result.notes.insert(text.into());
    }

    /// A table in FROM whose SQL is `sql`.
    pub(super) fn text_table(&mut self, sql: String, alias: &str, of: &Json) -> Json {
        self.texts.push(sql);
        table(&format!("__why_table_{}", self.texts.len() - 1), alias, of)
    }

    pub(super) fn next(&mut self) -> usize {
        self.counter += 1;
        self.counter
    }

    /// An expression as a tree.
    pub(super) fn expression(&mut self, sql: &str) -> Result<Json> {
        Ok(self.parser.tree(&format!("select {sql}"))?["select_list"][0].take())
    }
}
