//! What pages of many things show of each, and in which groups: tables, metrics, functions, reports.

use crate::facts::{Facts, NodeFacts};
use serde::Serialize;

/// A table or another node in a list.
#[derive(Debug, Serialize)]
pub(super) struct ListedNode<'a> {
    label: &'a str,
    page: &'a str,
    summary: &'a str,
    called: &'a str,
    /// `ratio`, `dashboard`.
    sort: &'a str,
    owner: &'a str,
    columns: usize,
    rows: Option<u64>,
    tests_count: usize,
    tests_failed: usize,
    freshness: &'a str,
    last: &'a str,
    tone: &'static str,
    has_personal: bool,
}

/// Tables of a layer.
#[derive(Debug, Serialize)]
pub(super) struct Group<'a> {
    pub(super) name: &'a str,
    pub(super) nodes: Vec<ListedNode<'a>>,
}

fn listed(node: &NodeFacts) -> ListedNode<'_> {
    ListedNode {
        label: &node.label,
        page: &node.page,
        summary: &node.summary,
        called: &node.called,
        sort: &node.sort,
        owner: &node.owner,
        columns: node.columns.len(),
        rows: node.rows,
        tests_count: node.tests_count,
        tests_failed: node.tests_failed,
        freshness: &node.freshness,
        last: node.runs.first().map(|run| run.status.as_str()).unwrap_or_default(),
        tone: node.tone,
        has_personal: node.has_personal,
    }
}

/// Whether a node is listed among tables, and not among reports.
pub(super) fn is_table(node: &NodeFacts) -> bool {
    node.page.starts_with("tables/")
}

/// Tables by layer: layers in the order in which data passes them, tables by name.
pub(super) fn tables(facts: &Facts) -> Vec<Group<'_>> {
    groups(facts, &is_table)
}

/// Metrics, the semantic models that they are made of, and saved queries.
pub(super) fn metrics(facts: &Facts) -> Vec<Group<'_>> {
    let mut groups = groups(facts, &is_metric);
    let order =
        |name: &str| ["metrics", "semantic models", "saved queries"].iter().position(|one| *one == name);
    groups.sort_by_key(|group| order(group.name));
    groups
}

pub(super) fn is_metric(node: &NodeFacts) -> bool {
    node.page.starts_with("metrics/")
}

/// Functions of the database, in one group.
pub(super) fn functions(facts: &Facts) -> Vec<Group<'_>> {
    groups(facts, &is_function)
}

pub(super) fn is_function(node: &NodeFacts) -> bool {
    node.page.starts_with("functions/")
}

/// Pages and measures of reports, and exposures.
pub(super) fn reports(facts: &Facts) -> Vec<Group<'_>> {
    groups(facts, &is_report)
}

pub(super) fn is_report(node: &NodeFacts) -> bool {
    node.page.starts_with("reports/")
}

fn groups<'a>(facts: &'a Facts, belongs: &dyn Fn(&NodeFacts) -> bool) -> Vec<Group<'a>> {
    let depth = depths(facts);
    let mut layers: Vec<(&str, f64, f64)> = Vec::new();
    for (at, node) in facts.nodes.iter().enumerate().filter(|(_, node)| belongs(node)) {
        match layers.iter_mut().find(|(name, ..)| *name == node.layer) {
            Some((_, sum, count)) => {
                *sum += depth[at] as f64;
                *count += 1.0;
            }
            None => layers.push((&node.layer, depth[at] as f64, 1.0)),
        }
    }
    layers.sort_by(|a, b| (a.1 / a.2).total_cmp(&(b.1 / b.2)).then(a.0.cmp(b.0)));
    layers
        .into_iter()
        .map(|(name, ..)| {
            let mut nodes: Vec<ListedNode> =
                facts.nodes.iter().filter(|node| belongs(node) && node.layer == name).map(listed).collect();
            nodes.sort_by(|a, b| a.label.cmp(b.label));
            Group { name, nodes }
        })
        .collect()
}

/// How many steps each node is from where data begins, at most.
fn depths(facts: &Facts) -> Vec<usize> {
    let mut depth = vec![0; facts.nodes.len()];
    // Each round carries depths one step on; a project has no circles.
    for _ in 0..facts.nodes.len() {
        let mut is_changed = false;
        for (from, to) in &facts.edges {
            if depth[*to] <= depth[*from] {
                depth[*to] = depth[*from] + 1;
                is_changed = true;
            }
        }
        if !is_changed {
            break;
        }
    }
    depth
}
