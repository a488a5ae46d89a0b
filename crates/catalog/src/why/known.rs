//! The tables of the project and the CTEs of a query, by their names: what everything that reads a model's query looks up.

use super::names::{columns_of, node_of};
use super::scope::{Tables, Visible};
use crate::lineage::{names, text};
use ingot_models::{RelationName, TypedNode};
use serde_json::Value as Json;
use std::collections::HashMap;

/// A CTE as it is written, and what its reader keeps of it.
pub(super) struct Cte<M> {
    pub(super) name: String,
    pub(super) body: Json,
    pub(super) aliases: Vec<String>,
    /// `None` if they are not known.
    pub(super) columns: Option<Vec<String>>,
    /// What its own query sees.
    pub(super) visible: Visible,
    pub(super) own: M,
}

/// What names mean.
pub(super) struct Known<'a, M> {
    pub(super) nodes: &'a [TypedNode],
    by_relation: &'a HashMap<RelationName, usize>,
    pub(super) ctes: Vec<Cte<M>>,
}

impl<'a, M> Known<'a, M> {
    pub(super) fn new(nodes: &'a [TypedNode], by_relation: &'a HashMap<RelationName, usize>) -> Self {
        Self { nodes, by_relation, ctes: Vec::new() }
    }

    /// Takes in a CTE of a query's map, and says what sees it.
    pub(super) fn define(&mut self, entry: &Json, visible: &Visible, own: M) -> Visible {
        let name = text(entry, "key");
        let body = body_of(entry);
        let mut with_own = visible.as_ref().clone();
        with_own.insert(name.to_lowercase(), self.ctes.len());
        let with_own = Visible::new(with_own);
        let is_recursive = text(body, "type") == "RECURSIVE_CTE_NODE";
        let seen = if is_recursive { with_own.clone() } else { visible.clone() };
        let aliases = names(&entry["value"], "aliases");
        let columns = self.of_query(body, &seen).map(|mut columns| {
            for (column, alias) in columns.iter_mut().zip(&aliases) {
                column.clone_from(alias);
            }
            columns
        });
        let name = name.to_owned();
        self.ctes.push(Cte { name, body: body.clone(), aliases, columns, visible: seen, own });
        with_own
    }

    /// The node of a table by its path.
    pub(super) fn node_of(&self, path: &[String]) -> Option<usize> {
        node_of(self.by_relation, path)
    }
}

/// The query of a CTE in a query's map.
pub(super) fn body_of(entry: &Json) -> &Json {
    match &entry["value"]["query_node"] {
        Json::Null => &entry["value"]["query"]["node"],
        node => node,
    }
}

impl<M> Tables for Known<'_, M> {
    fn of_cte(&self, cte: usize) -> Option<Vec<String>> {
        self.ctes.get(cte)?.columns.clone()
    }

    fn node(&self, path: &[String]) -> Option<(usize, Vec<String>)> {
        let node = self.node_of(path)?;
        Some((node, self.nodes[node].columns.iter().map(|column| column.name.clone()).collect()))
    }

    fn of_query(&self, tree: &Json, visible: &Visible) -> Option<Vec<String>> {
        columns_of(tree, visible, self)
    }
}
