//! `list`: the selected nodes, a line each.

use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::json_values::Object;
use crate::options::ListOutput;
use crate::values;
use crate::verbs::job::Job;
use ingot_core::error::Result;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Those of metrics and what belongs to them, in the order in which dbt prints them.
const KEYS_OF_METRICS: &[&str] = &[
    "name",
    "resource_type",
    "package_name",
    "original_file_path",
    "unique_id",
    "tags",
    "config",
    "depends_on",
];

/// What is shown of a node as JSON where no keys are asked for.
const KEYS: &[&str] = &[
    "alias",
    "name",
    "package_name",
    "depends_on",
    "tags",
    "config",
    "resource_type",
    "source_name",
    "original_file_path",
    "unique_id",
];

/// The lines, in the order of unique ids, as under dbt.
///
/// # Errors
/// `--output-keys` names a key that no node has.
pub(crate) fn lines(job: &Job, selected: &BTreeSet<usize>) -> Result<Vec<String>> {
    let mut nodes: Vec<&Node> = selected.iter().map(|index| &job.manifest.nodes[*index]).collect();
    nodes.sort_by(|a, b| a.unique_id.cmp(&b.unique_id));
    Ok(match job.options.list_output {
        ListOutput::Selector => nodes.iter().map(|node| selects(node)).collect(),
        ListOutput::Name => nodes.iter().map(|node| name(node)).collect(),
        ListOutput::Path => nodes.iter().map(|node| node.original_file_path.clone()).collect(),
        ListOutput::Json => json(&nodes, &job.options.output_keys)?,
    })
}

/// What `--select` would find it by.
fn selects(node: &Node) -> String {
    match node.resource_type() {
        ResourceType::Source => format!("source:{}", node.fqn_of_source()),
        ResourceType::Exposure => format!("exposure:{}.{}", node.package_name, node.name),
        kind @ (ResourceType::UnitTest
        | ResourceType::Metric
        | ResourceType::SemanticModel
        | ResourceType::SavedQuery) => format!("{}:{}.{}", kind.name(), node.package_name, node.name),
        _ => node.fqn.join("."),
    }
}

fn name(node: &Node) -> String {
    match node.source() {
        Some(source) => format!("{}.{}", source.source_name, node.name),
        None => node.described_as(),
    }
}

/// A key that a node lacks is left out of its object, as by dbt: programs ask for the keys of all kinds of nodes at once.
fn json(nodes: &[&Node], wanted: &[String]) -> Result<Vec<String>> {
    let wanted: Vec<&str> =
        wanted.iter().flat_map(|keys| keys.split([' ', ','])).filter(|key| !key.is_empty()).collect();
    let mut lines = Vec::with_capacity(nodes.len());
    for node in nodes {
        let entry = node.to_json();
        let keys = match node.resource_type() {
            _ if !wanted.is_empty() => &wanted,
            ResourceType::Metric | ResourceType::SemanticModel | ResourceType::SavedQuery => KEYS_OF_METRICS,
            _ => KEYS,
        };
        let mut out = Object::new();
        for key in keys {
            let mut parts = key.split('.');
            let first = parts.next().and_then(|part| entry.get(part));
            let found = first.and_then(|first| parts.try_fold(first, |value, part| value.get(part)));
            if let Some(value) = found {
                out.insert((*key).to_owned(), value.clone());
            }
        }
        // With the spaces of Python's json, as dbt prints it.
        lines.push(values::from_json(&Json::Object(out)).to_json_text(false)?);
    }
    Ok(lines)
}
