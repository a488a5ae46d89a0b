//! Tests of tables, with how they ended last.

use super::history::NodeRun;
use ingot_models::{TypedNode, TypedProject};
use serde::Serialize;
use std::collections::HashMap;

/// A data test or a unit test.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TestFacts {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `not_null`; the name of the test for one that is a file of its own.
    pub(crate) test: String,
    /// `generic`, `singular`, `unit`.
    pub(crate) form: &'static str,
    pub(crate) column: String,
    pub(crate) description: String,
    /// The tables that it reads: indexes of nodes.
    #[serde(skip)]
    pub(crate) nodes: Vec<usize>,
    /// The table that it is about, and its page.
    pub(crate) table: String,
    pub(crate) page: String,
    pub(crate) file: String,
    pub(crate) line: usize,
    /// The newest first.
    pub(crate) runs: Vec<NodeRun>,
    pub(crate) status: String,
    pub(crate) tone: &'static str,
    pub(crate) failures: Option<u64>,
    /// How often it changed between passing and failing.
    pub(crate) flips: usize,
    pub(crate) sql: String,
}

/// All tests of a project. `index` gives the node of a unique id.
pub(super) fn of(
    project: &TypedProject,
    index: &HashMap<String, usize>,
    runs: &HashMap<String, Vec<NodeRun>>,
) -> Vec<TestFacts> {
    let is_test = |node: &&TypedNode| matches!(node.resource_type, "test" | "unit_test");
    project.nodes.iter().filter(is_test).map(|node| test_facts(node, index, runs)).collect()
}

fn test_facts(
    node: &TypedNode,
    index: &HashMap<String, usize>,
    runs: &HashMap<String, Vec<NodeRun>>,
) -> TestFacts {
    let about = node.test.as_ref().and_then(|test| test.node.as_ref());
    let ids: Vec<&String> = match about {
        Some(id) => vec![id],
        None => node.depends_on.iter().collect(),
    };
    let runs = runs.get(&node.unique_id).cloned().unwrap_or_default();
    let newest = runs.first();
    let flips = runs.windows(2).filter(|pair| (pair[0].tone == "bad") != (pair[1].tone == "bad")).count();
    let form = match (&node.test, node.resource_type) {
        (Some(_), _) => "generic",
        (None, "unit_test") => "unit",
        (None, _) => "singular",
    };
    TestFacts {
        id: node.unique_id.clone(),
        name: node.name.clone(),
        test: node.test.as_ref().map_or_else(|| node.name.clone(), |test| test.test.clone()),
        form,
        column: node.test.as_ref().and_then(|test| test.column.clone()).unwrap_or_default(),
        description: node.description.clone(),
        nodes: ids.into_iter().filter_map(|id| index.get(id).copied()).collect(),
        table: String::new(),
        page: String::new(),
        file: node.file.clone(),
        line: node.line,
        status: newest.map(|run| run.status.clone()).unwrap_or_default(),
        tone: newest.map_or("idle", |run| run.tone),
        failures: newest.and_then(|run| run.failures),
        flips,
        runs,
        sql: if form == "singular" { node.written.clone() } else { String::new() },
    }
}
