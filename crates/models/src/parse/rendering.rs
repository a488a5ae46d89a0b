//! Rendering without a database: the context of a node, and the variables of YAML files.

use crate::connection::Connection;
use crate::context::node_context::NodeContext;
use crate::graph::node::Node;
use crate::invocation::Invocation;
use crate::json_values::Object;
use serde_json::Value as Json;
use std::sync::Arc;

/// A context in which templates are rendered without a database.
pub(super) fn parsing_context(invocation: &Arc<Invocation>, node: Node) -> NodeContext {
    NodeContext::new(invocation.clone(), Arc::new(node), None, Connection::none())
}

/// The variables that YAML files see: those of the project, with the command line's over them.
pub(super) fn yaml_variables(invocation: &Invocation) -> Object {
    let root = &invocation.project.root;
    let mut vars = root.vars.clone();
    if let Some(Json::Object(own)) = root.vars.get(&root.name) {
        vars.extend(own.clone());
    }
    vars.extend(invocation.settings.cli_vars.clone());
    vars
}
