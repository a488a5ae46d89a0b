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

/// The variables that the YAML files of a package see: its own, those of the root project over them, and the command
/// line's over both. In each project those under the package's name go before the others.
pub(super) fn yaml_variables(invocation: &Invocation, package: &str) -> Object {
    let root = &invocation.project.root;
    let mut vars = Object::new();
    let own = (package != root.name).then(|| invocation.project.of(package));
    for project in own.into_iter().chain([root]) {
        vars.extend(project.vars.clone());
        if let Some(Json::Object(scoped)) = project.vars.get(package) {
            vars.extend(scoped.clone());
        }
    }
    vars.extend(invocation.settings.cli_vars.clone());
    vars
}
