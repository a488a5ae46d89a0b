//! Which models read a table of bronze, so that it is known before rows go what will change.

use ingot_catalog::SourceTypes;
use ingot_models::TypedProject;
use std::collections::BTreeSet;

/// A model that reads a table of bronze, itself or through others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reader {
    /// `silver.orders`.
    pub model: String,
    /// It keeps rows from run to run, and is built from nothing once rows have left bronze.
    pub is_incremental: bool,
}

/// The tables of the warehouse that are made of a feed, as far as the project's models say.
pub fn readers(project: &TypedProject, sources: &SourceTypes, feed: &str) -> Vec<Reader> {
    let reads_feed =
        |external: &str| sources.contract_read_by(external).is_some_and(|contract| contract.name == feed);
    let mut below: BTreeSet<&str> = BTreeSet::new();
    let mut found = BTreeSet::new();
    // Each node comes after what it depends on.
    for node in &project.nodes {
        let external = node.source.as_ref().and_then(|source| source.external.as_deref());
        if external.is_some_and(reads_feed) {
            below.insert(&node.unique_id);
            continue;
        }
        if !node.depends_on.iter().any(|id| below.contains(id.as_str())) {
            continue;
        }
        below.insert(&node.unique_id);
        let is_table = !matches!(node.materialized.as_str(), "view" | "ephemeral" | "");
        if let Some(relation) = node.relation.as_ref().filter(|_| is_table) {
            found.insert(Reader {
                model: format!("{}.{}", relation.schema, relation.identifier),
                is_incremental: node.materialized == "incremental",
            });
        }
    }
    found.into_iter().collect()
}
