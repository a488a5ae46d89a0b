//! Why a node ran or did not, in words.

use crate::graph::manifest::Manifest;
use crate::graph::resource_type::ResourceType;
use crate::unchanged::inputs::{CODE, CONFIG, DAY, GRAPH, INGOT, MACRO, PROJECT, TARGET};
use ingot_core::error::{Error, Result, nearest};
use std::collections::BTreeMap;

/// What was decided about a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) runs: bool,
    /// Why it runs; empty if it does not.
    pub(crate) why: Vec<String>,
}

/// What differs between what a node was built from and what it would be built from now. `compares` says of a name whether it
/// counts.
pub(crate) fn differences(
    kind: ResourceType,
    before: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
    compares: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let mut keys: Vec<&String> = before.keys().chain(now.keys()).collect();
    keys.sort();
    keys.dedup();
    let has_changed = |key: &&String| before.get(*key) != now.get(*key) && compares(key);
    keys.into_iter().filter(has_changed).map(|key| changed(kind, key)).collect()
}

fn changed(kind: ResourceType, key: &str) -> String {
    match key {
        CODE => match kind {
            ResourceType::Seed => "its file has changed".to_owned(),
            ResourceType::Test | ResourceType::UnitTest => "its definition has changed".to_owned(),
            _ => "its SQL has changed".to_owned(),
        },
        CONFIG => "its config or its properties have changed".to_owned(),
        INGOT => "the version of ingot or of DuckDB, the time zone, or the project's flags, quoting or dispatch, have changed"
            .to_owned(),
        TARGET => "the target of the profile has changed".to_owned(),
        PROJECT => "dbt_project.yml or the variables have changed".to_owned(),
        GRAPH => "it reads `graph`, and a node of the project has changed".to_owned(),
        DAY => "it reads the date of today".to_owned(),
        other => match other.strip_prefix(MACRO) {
            Some(name) => format!("the macro '{name}', or another in its file, has changed"),
            None => format!("the {other} has changed"),
        },
    }
}

/// The same of what is above it.
pub(crate) fn differences_above(
    manifest: &Manifest,
    before: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
    compares: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let mut ids: Vec<&String> = before.keys().chain(now.keys()).collect();
    ids.sort();
    ids.dedup();
    ids.into_iter()
        .filter(|id| before.get(*id) != now.get(*id) && compares(id))
        .map(|id| match (before.contains_key(id), now.contains_key(id)) {
            (true, false) => format!("it no longer reads {}", label(manifest, id)),
            (false, _) => format!("it now reads {}", label(manifest, id)),
            (true, true) => format!("{} has changed", label(manifest, id)),
        })
        .collect()
}

/// `silver.orders`, `source bronze.orders`.
fn label(manifest: &Manifest, id: &str) -> String {
    match manifest.node(id) {
        Some(node) => match node.source() {
            Some(source) => format!("source {}.{}", source.source_name, node.name),
            None if node.is_relational() => format!("{}.{}", node.schema, node.alias),
            None => format!("{} {}", node.resource_type().name(), node.name),
        },
        None => id.to_owned(),
    }
}

/// The nodes that somebody means by a name, a unique id, or a relation's schema and name.
///
/// # Errors
/// There is none.
pub(crate) fn meant(manifest: &Manifest, name: &str) -> Result<Vec<usize>> {
    let is_it = |index: &usize| {
        let node = &manifest.nodes[*index];
        node.source().is_none()
            && (node.unique_id == name
                || node.name == name
                || format!("{}.{}", node.schema, node.alias) == name)
    };
    let found: Vec<usize> = (0..manifest.nodes.len()).filter(is_it).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let error = Error::new(format!("--explain: there is no node '{name}'"));
    match nearest(name, manifest.nodes.iter().map(|node| node.name.as_str())) {
        Some(near) => Err(error.hint(format!("did you mean '{near}'?"))),
        None => Err(error),
    }
}

/// The lines about one node.
pub(crate) fn lines(manifest: &Manifest, index: usize, decision: Option<&Decision>) -> Vec<String> {
    let id = &manifest.nodes[index].unique_id;
    match decision {
        None => vec![format!("{id} was not selected, or something above it failed")],
        Some(Decision { runs: false, .. }) => {
            vec![format!("{id} did not run: its inputs and its relation are as its last run left them")]
        }
        Some(Decision { why, .. }) => match why.as_slice() {
            [only] => vec![format!("{id} ran: {only}")],
            several => std::iter::once(format!("{id} ran:"))
                .chain(several.iter().map(|why| format!("  {why}")))
                .collect(),
        },
    }
}
