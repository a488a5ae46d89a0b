//! References in YAML: `ref('a')`, `source('a', 'b')` and `metric('c')` as text without braces.

use crate::graph::node::Node;
use crate::invocation::Invocation;
use crate::parse::rendering::parsing_context;
use ingot_core::error::{Error, Result};
use ingot_jinja::Template;
use std::sync::Arc;

/// Adds what `call` refers to to the node; `key` is where it is written.
///
/// # Errors
/// The text is something else.
pub(super) fn read(invocation: &Arc<Invocation>, node: &mut Node, call: &str, key: &str) -> Result<()> {
    let bare = call.trim().trim_start_matches("{{").trim_end_matches("}}").trim();
    let wrong = |error: Error| {
        let plain = Error::new(format!("`{call}` under {key}: {}", error.message()));
        plain.hint("write ref('model') or source('source', 'table')")
    };
    let context = parsing_context(invocation, node.clone());
    Template::parse(format!("{{{{ {bare} }}}}"), &node.original_file_path, &invocation.templates.environment)
        .and_then(|template| template.render(&invocation.templates.environment, &context))
        .map_err(|error| wrong(error.into()))?;
    let captured = context.take_captured();
    node.refs.extend(captured.refs);
    node.sources.extend(captured.sources);
    node.metrics.extend(captured.metrics);
    Ok(())
}
