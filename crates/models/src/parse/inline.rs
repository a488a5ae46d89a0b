//! Queries of the command line, which are in no file.

use crate::graph::manifest::Manifest;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::parse::{references, sql_nodes};
use ingot_core::error::Error;
use std::collections::HashSet;
use std::sync::Arc;

/// A query, read as a model is: its references are found and resolved.
///
/// # Errors
/// It cannot be rendered, or refers to something that does not exist.
pub(crate) fn inline(
    invocation: &Arc<Invocation>,
    manifest: &Manifest,
    name: &str,
    text: &str,
) -> Result<Node, Error> {
    read(invocation, manifest, name, text)
        .map_err(|error| error.context("--inline").in_dbts_words("Error parsing inline query"))
}

fn read(invocation: &Arc<Invocation>, manifest: &Manifest, name: &str, text: &str) -> Result<Node, Error> {
    let root = &invocation.project.root.name;
    let mut node = Node::new(invocation.target.dialect(), ResourceType::Operation, root, name);
    node.original_file_path = name.to_owned();
    node.raw_code = text.to_owned();
    node.database = invocation.target.database.clone();
    node.schema = invocation.target.schema.clone();
    sql_nodes::capture(invocation, &mut node)?;
    let mut errors = Vec::new();
    let nodes = std::slice::from_mut(&mut node);
    references::resolve(root, nodes, &manifest.lookup, &HashSet::new(), &mut errors, &mut Vec::new());
    match errors.into_iter().next() {
        Some(error) => Err(error),
        None => Ok(node),
    }
}
