//! Tables by who owns them: what each team answers for, and who may read it.

use super::lists::is_table;
use crate::facts::{Facts, NodeFacts};
use serde::Serialize;
use std::collections::BTreeMap;

/// An owner, with the tables.
#[derive(Debug, Serialize)]
pub(super) struct Owner<'a> {
    /// Empty for tables that nobody owns; they come last.
    name: &'a str,
    tables: Vec<OwnedTable<'a>>,
}

#[derive(Debug, Serialize)]
struct OwnedTable<'a> {
    label: &'a str,
    page: &'a str,
    domain: &'a str,
    data_product: &'a str,
    group: &'a str,
    access: &'a str,
    readers: String,
    has_personal: bool,
}

/// Owners by name.
pub(super) fn owners(facts: &Facts) -> Vec<Owner<'_>> {
    let mut by_owner: BTreeMap<&str, Vec<&NodeFacts>> = BTreeMap::new();
    for node in facts.nodes.iter().filter(|node| is_table(node)) {
        by_owner.entry(&node.owner).or_default().push(node);
    }
    let nobody = by_owner.remove("");
    let all = by_owner.into_iter().chain(nobody.map(|nodes| ("", nodes)));
    all.map(|(name, mut nodes)| {
        nodes.sort_by(|a, b| a.label.cmp(&b.label));
        Owner { name, tables: nodes.into_iter().map(owned).collect() }
    })
    .collect()
}

fn owned(node: &NodeFacts) -> OwnedTable<'_> {
    OwnedTable {
        label: &node.label,
        page: &node.page,
        domain: &node.domain,
        data_product: &node.data_product,
        group: &node.group,
        access: &node.access,
        readers: node.readers.join(", "),
        has_personal: node.has_personal,
    }
}
