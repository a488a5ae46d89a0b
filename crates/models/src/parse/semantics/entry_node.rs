//! What the nodes of the semantic layer have in common: where they are, how they are configured and described.

use crate::graph::node::{Node, below_first_folder};
use crate::graph::property_entry::Entry;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::json_values::{Object, object};
use crate::parse::describe::{self, Place};
use crate::parse::sources::fqn;
use crate::project::config::{self, ConfigKind};
use ingot_core::error::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::sync::Arc;

/// A node of an entry, with its place and its config.
pub(super) fn node(invocation: &Arc<Invocation>, entry: &Entry, kind: ConfigKind) -> Node {
    let resource_type = match kind {
        ConfigKind::Metric => ResourceType::Metric,
        ConfigKind::SavedQuery => ResourceType::SavedQuery,
        _ => ResourceType::SemanticModel,
    };
    let mut node = Node::new(invocation.target.dialect(), resource_type, &entry.package_name, &entry.name);
    node.file = entry.file.clone();
    node.line = entry.line;
    node.original_file_path = entry.original_file_path.clone();
    node.path = below_first_folder(&entry.original_file_path);
    node.fqn = fqn(&entry.package_name, &entry.original_file_path, &[&entry.name]);
    let (given, in_file) = (object(&entry.members, "config"), Object::new());
    let own = invocation.project.of(&entry.package_name);
    let root = &invocation.project.root;
    node.config = config::build(kind, &node.fqn, own, root, &given, &in_file).into();
    node.unrendered_config = config::unrendered(kind, &node.fqn, own, root, &given, &in_file).into();
    node
}

/// The members of an entry that belong to its kind alone.
///
/// # Errors
/// A key is missing or not known, or a value is not of its type.
pub(super) fn details<T: DeserializeOwned>(entry: &Entry, node: &Node, others: &[&str]) -> Result<T> {
    let is_own =
        |key: &&String| !["name", "config"].contains(&key.as_str()) && !others.contains(&key.as_str());
    let members: Object = entry
        .members
        .iter()
        .filter(|(key, _)| is_own(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    serde_json::from_value(Json::Object(members)).map_err(|error| {
        let what = node.resource_type().name().replace('_', " ");
        Error::new(format!("the {what} '{}': {error}", entry.name))
            .at_line(&entry.original_file_path, entry.line)
    })
}

/// A description with its `doc()` calls rendered.
pub(super) fn description(invocation: &Arc<Invocation>, entry: &Entry, text: &str) -> Result<String> {
    let place = Place { name: &entry.name, file: &entry.file, line: entry.line };
    describe::rendered(invocation, &entry.package_name, text, &place).map(|(text, _)| text.trim().to_owned())
}

/// The same where there may be none.
pub(super) fn describe(invocation: &Arc<Invocation>, entry: &Entry, text: &mut Option<String>) -> Result<()> {
    if let Some(given) = text {
        *given = description(invocation, entry, given)?;
    }
    Ok(())
}
