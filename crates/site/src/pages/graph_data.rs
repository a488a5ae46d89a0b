//! The graph as a script: `INGOT_GRAPH`, which script.js draws.
//!
//! `k`: kinds. `n`: nodes as `[label, kind, layer, page, columns]`. `e`: edges between nodes. `c`: edges between columns as
//! `[from, column, to, column, how]`.

use crate::facts::Facts;
use crate::show::script_safe;
use serde_json::{Value as Json, json};

/// The kinds of nodes, in the order in which data passes them.
pub(super) const KINDS: [&str; 14] = [
    "contract",
    "raw files",
    "rejects",
    "source",
    "seed",
    "function",
    "model",
    "snapshot",
    "semantic model",
    "metric",
    "saved query",
    "measure",
    "page",
    "exposure",
];

pub(super) fn graph_script(facts: &Facts) -> String {
    let kind = |kind: &str| KINDS.iter().position(|one| *one == kind).unwrap_or_default();
    let nodes: Vec<Json> = facts
        .nodes
        .iter()
        .map(|node| {
            let columns: Vec<&str> = node.columns.iter().map(|column| column.name.as_str()).collect();
            json!([node.label, kind(node.kind), node.layer, node.page, columns])
        })
        .collect();
    let columns: Vec<Json> = facts
        .column_edges
        .iter()
        .map(|([from, a, to, b], how)| json!([from, a, to, b, how.to_string()]))
        .collect();
    let graph = json!({"k": KINDS, "n": nodes, "e": facts.edges, "c": columns});
    format!("window.INGOT_GRAPH={};", script_safe(&graph))
}
