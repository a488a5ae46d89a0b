//! Which nodes and columns are linked with which.

use super::nodes::{ColumnLink, NodeFacts, NodeLink};
use ingot_catalog::{ColumnId, How, Lineage, LineageKind};
use ingot_models::TypedProject;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Fills in what each node and each column is made of and used by.
pub(super) fn link(nodes: &mut [NodeFacts], project: &TypedProject, lineage: &Lineage) {
    link_nodes(nodes, project, lineage);
    link_columns(nodes, lineage);
}

fn link_nodes(nodes: &mut [NodeFacts], project: &TypedProject, lineage: &Lineage) {
    let index: HashMap<&str, usize> =
        lineage.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
    let links: Vec<NodeLink> = nodes
        .iter()
        .map(|node| NodeLink { label: node.label.clone(), kind: node.kind, page: node.page.clone() })
        .collect();
    for (from, to) in node_edges(project, lineage, &index) {
        nodes[to].up.push(links[from].clone());
        nodes[from].down.push(links[to].clone());
    }
    for node in nodes {
        node.up.sort();
        node.down.sort();
    }
}

/// Which node reads which: by the project, and for what the project does not know, by columns.
pub(crate) fn node_edges(
    project: &TypedProject,
    lineage: &Lineage,
    index: &HashMap<&str, usize>,
) -> BTreeSet<(usize, usize)> {
    let mut edges: BTreeSet<(usize, usize)> =
        lineage.edges.iter().map(|edge| (edge.from.node, edge.to.node)).collect();
    for node in &project.nodes {
        let Some(to) = index.get(node.unique_id.as_str()) else { continue };
        edges.extend(node.depends_on.iter().filter_map(|id| Some((*index.get(id.as_str())?, *to))));
    }
    let of_contracts = lineage.row_edges.iter().map(|edge| (edge.from.node, edge.to));
    edges.extend(of_contracts.filter(|(from, _)| lineage.nodes[*from].kind == LineageKind::Contract));
    edges.retain(|(from, to)| from != to);
    edges
}

fn link_columns(nodes: &mut [NodeFacts], lineage: &Lineage) {
    let link = |nodes: &[NodeFacts], id: ColumnId, how: How| {
        let node = &nodes[id.node];
        let column = match lineage.nodes[id.node].kind.has_columns() {
            true => lineage.nodes[id.node].columns[id.column].clone(),
            false => String::new(),
        };
        ColumnLink { table: node.label.clone(), column, page: node.page.clone(), how: how.word() }
    };
    for edge in &lineage.edges {
        let (from, to) = (link(nodes, edge.from, edge.how), link(nodes, edge.to, edge.how));
        if let Some(column) = nodes[edge.to.node].columns.get_mut(edge.to.column) {
            column.from.push(from);
        }
        // These read whole tables, which says nothing of a column.
        if !matches!(lineage.nodes[edge.to.node].kind, LineageKind::Exposure | LineageKind::Rejects)
            && let Some(column) = nodes[edge.from.node].columns.get_mut(edge.from.column)
        {
            column.to.push(to);
        }
    }
    for one in &lineage.unresolved {
        for (at, column) in nodes[one.node].columns.iter_mut().enumerate() {
            column.unresolved |= one.column.is_none_or(|column| column == at);
        }
    }
    for edge in &lineage.row_edges {
        let from = link(nodes, edge.from, How::Copied);
        let ways: BTreeMap<&str, ()> = edge.kinds.iter().map(|kind| (kind.word(), ())).collect();
        for way in ways.keys() {
            let rows_by = &mut nodes[edge.to].rows_by;
            match rows_by.iter_mut().find(|(known, _)| known == way) {
                Some((_, links)) => links.push(from.clone()),
                None => rows_by.push(((*way).to_owned(), vec![from.clone()])),
            }
        }
    }
}
