//! Which rows of a sample refer to which.

use crate::rows::{TableRows, texts};
use std::collections::{BTreeSet, HashMap};

/// Which row refers to which.
pub(crate) struct References {
    /// For each table: the references of its rows, as table and rows there.
    of_rows: Vec<Vec<Vec<(usize, usize)>>>,
    /// The tables that a table refers to.
    to: Vec<BTreeSet<usize>>,
}

impl References {
    pub(crate) fn new(tables: &[TableRows]) -> Self {
        let mut of_rows: Vec<Vec<Vec<(usize, usize)>>> =
            tables.iter().map(|table| vec![Vec::new(); table.count()]).collect();
        let mut to = vec![BTreeSet::new(); tables.len()];
        for (index, table) in tables.iter().enumerate() {
            for reference in &table.contract.relationships {
                let Some(other) = tables.iter().position(|one| one.contract.name == reference.table) else {
                    continue;
                };
                let (Some(own), Some(keys)) =
                    (table.places(&reference.columns), tables[other].places(&reference.to))
                else {
                    continue;
                };
                to[index].insert(other);
                let mut known: HashMap<Vec<String>, usize> = HashMap::new();
                for (row, source) in tables[other].all().enumerate() {
                    known.extend(texts(&source.values, &keys).map(|key| (key, row)));
                }
                for (row, source) in table.all().enumerate() {
                    let found = texts(&source.values, &own).and_then(|key| known.get(&key).copied());
                    of_rows[index][row].extend(found.map(|found| (other, found)));
                }
            }
        }
        Self { of_rows, to }
    }

    /// Tables before those that they refer to.
    pub(crate) fn children_first(&self) -> Vec<usize> {
        let mut order: Vec<usize> = Vec::new();
        while order.len() < self.to.len() {
            let left: Vec<usize> = (0..self.to.len()).filter(|table| !order.contains(table)).collect();
            let is_free =
                |table: &usize| !left.iter().any(|one| one != table && self.to[*one].contains(table));
            let Some(next) = left.iter().find(|table| is_free(table)).or(left.first()) else { break };
            order.push(*next);
        }
        order
    }

    /// The rows that this row refers to, directly or by way of others.
    pub(crate) fn ancestors(&self, table: usize, row: usize) -> BTreeSet<(usize, usize)> {
        let mut found = BTreeSet::new();
        let mut open = self.of_rows[table][row].clone();
        while let Some(ancestor) = open.pop() {
            if found.insert(ancestor) {
                open.extend(&self.of_rows[ancestor.0][ancestor.1]);
            }
        }
        found
    }
}
