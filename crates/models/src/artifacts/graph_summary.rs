//! `target/graph_summary.json`: the graph by numbers, as dbt writes it for those who look at its shape.
//! <https://github.com/dbt-labs/dbt-core/blob/v1.11.14/core/dbt/compilation.py#L447-L478>

use crate::artifacts::write;
use crate::graph::manifest::Manifest;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use ingot_core::error::Result;
use serde_json::{Map, Value as Json, json};

/// Writes, for each node by its number, its name, type and the numbers of those that need it.
///
/// # Errors
/// The target folder cannot be written to.
pub(crate) fn write_graph_summary(invocation: &Invocation, manifest: &Manifest) -> Result<()> {
    let mut linked = Map::new();
    for (index, id) in manifest.graph.ids.iter().enumerate() {
        let Some(node) = manifest.node(id) else { continue };
        // Hooks are not in the graph that dbt links.
        if node.resource_type() == ResourceType::Operation {
            continue;
        }
        let mut entry = json!({"name": id, "type": node.resource_type().name()});
        let needed_by = &manifest.graph.children[index];
        if !needed_by.is_empty() {
            entry["succ"] = json!(needed_by);
        }
        linked.insert(index.to_string(), entry);
    }
    let value = json!({"_invocation_id": invocation.id, "linked": Json::Object(linked)});
    write(&invocation.settings.target_folder.join("graph_summary.json"), &value)
}
