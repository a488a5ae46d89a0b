//! What the tests of a run say of the quality of tables: of each test, its table, what it is about, and how many rows failed
//! of how many.

use crate::connection::Connection;
use crate::graph::manifest::Manifest;
use crate::graph::node::Node;
use crate::outcomes::{NodeResult, Status, TestMeasure};
use ingot_engine::{Cell, Engine};
use std::collections::{HashMap, HashSet};

/// The measures of all tests that ran. A test of several tables counts for those that none of the others is made of.
///
/// What was measured is compared table by table, so the tests of a table that did not run because nothing has changed count as
/// well if one of its tests ran. Of other tables there is nothing new to be measured.
pub(crate) fn measures(manifest: &Manifest, results: &[NodeResult], engine: &dyn Engine) -> Vec<TestMeasure> {
    let mut tests: Vec<(&NodeResult, &Node, Vec<&Node>)> = Vec::new();
    let mut measured: HashSet<String> = HashSet::new();
    let is_test = |result: &&NodeResult| {
        result.resource_type == "test" && matches!(result.status, Status::Pass | Status::Warn | Status::Fail)
    };
    if results.iter().filter(is_test).all(|result| result.unchanged) {
        return Vec::new();
    }
    for result in results.iter().filter(is_test) {
        let Some(index) = manifest.index_of(&result.unique_id) else { continue };
        let tables = tested(manifest, index);
        if !result.unchanged {
            measured.extend(tables.iter().map(|table| label(table)));
        }
        tests.push((result, &manifest.nodes[index], tables));
    }
    let mut found = Vec::new();
    let mut counts = RowCounts { engine, connection: None, known: HashMap::new() };
    for (result, test, tables) in tests {
        // The count of a test that passes may be above 0: within the limit that its config sets.
        let failures = result.failures.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
        for table in tables.into_iter().filter(|table| measured.contains(&label(table))) {
            let generic = test.generic_test();
            found.push(TestMeasure {
                table: label(table),
                check: test.name.clone(),
                generic: generic.map(|test| test.name.clone()),
                column: generic.and_then(|test| test.column_name.clone()),
                rows: if failures > 0 { counts.of(table) } else { None },
                failures,
            });
        }
    }
    found
}

fn label(table: &Node) -> String {
    match table.source() {
        Some(source) => format!("{}.{}", source.source_name, table.name),
        None => format!("{}.{}", table.schema, table.alias),
    }
}

/// The tables that a test is about.
fn tested(manifest: &Manifest, test: usize) -> Vec<&Node> {
    let attached = manifest.nodes[test].generic_test().and_then(|test| test.attached_node.as_deref());
    if let Some(table) = attached.and_then(|id| manifest.node(id)) {
        return vec![table];
    }
    let parents = &manifest.graph.parents[test];
    let is_made_into_another = |parent: &usize| {
        let others = parents.iter().filter(|other| *other != parent);
        others.into_iter().any(|other| manifest.graph.ancestors(*other, None).contains(parent))
    };
    parents
        .iter()
        .filter(|parent| !is_made_into_another(parent))
        .map(|parent| &manifest.nodes[*parent])
        .collect()
}

/// Rows of tables, each counted once.
struct RowCounts<'e> {
    engine: &'e dyn Engine,
    connection: Option<Connection>,
    known: HashMap<String, Option<u64>>,
}

impl RowCounts<'_> {
    /// `None` where they cannot be counted: a measure is not worth an error.
    fn of(&mut self, table: &Node) -> Option<u64> {
        let relation = table.relation_name()?;
        if let Some(known) = self.known.get(&relation) {
            return *known;
        }
        if self.connection.is_none() {
            self.connection = Some(Connection::new(self.engine.session().ok()?));
        }
        let rows = self.connection.as_mut()?.query(&format!("select count(*) from {relation}"), true).ok();
        let count = rows.and_then(|rows| match rows.first() {
            Some(Cell::Int(count)) => u64::try_from(*count).ok(),
            _ => None,
        });
        if let (None, Some(connection)) = (count, self.connection.as_mut()) {
            connection.rollback();
        }
        self.known.insert(relation, count);
        count
    }
}

impl Drop for RowCounts<'_> {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.rollback();
        }
    }
}
