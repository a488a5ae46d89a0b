//! Entries under `saved_queries:`.

use crate::graph::node::Node;
use crate::graph::node_kind::NodeKind;
use crate::graph::property_entry::Entry;
use crate::graph::semantics::saved_query::{Export, ExportConfig, SavedQuery};
use crate::graph::semantics::words::ExportAs;
use crate::invocation::Invocation;
use crate::json_values::{Object, strings, text};
use crate::parse::semantics::entry_node;
use crate::project::config::ConfigKind;
use ingot_core::error::{Error, Result};
use std::sync::Arc;

/// The node of an entry.
pub(in crate::parse) fn node(invocation: &Arc<Invocation>, entry: &Entry) -> Result<Node> {
    let mut node = entry_node::node(invocation, entry, ConfigKind::SavedQuery);
    let mut query: SavedQuery = entry_node::details(entry, &node, &["tags"])?;
    entry_node::describe(invocation, entry, &mut query.description)?;
    node.description = query.description.clone().unwrap_or_default();
    let mut tags = strings(entry.members.get("tags"));
    tags.extend(strings(node.config.get("tags")));
    tags.sort();
    tags.dedup();
    node.own_tags = tags;
    for export in &mut query.exports {
        place(invocation, export, &node.config)
            .map_err(|error| error.at_line(&entry.original_file_path, entry.line))?;
    }
    node.metrics = query.query_params.metrics.iter().map(|name| vec![name.clone()]).collect();
    node.kind = NodeKind::SavedQuery(Some(Box::new(query)));
    Ok(node)
}

/// Says where an export is to be written: as its config says, as that of the query says, or in the target's schema.
fn place(invocation: &Invocation, export: &mut Export, of_query: &Object) -> Result<()> {
    let own = std::mem::take(&mut export.config);
    let said = |key: &str| text(&own, key).or_else(|| text(of_query, key));
    let wanted = said("export_as").unwrap_or_default();
    let export_as = ExportAs::of(&wanted).ok_or_else(|| {
        Error::new(format!("the export '{}' has the export_as '{wanted}'", export.name))
            .hint("write `export_as: table` or `export_as: view` under its `config:`")
    })?;
    let target = &invocation.target;
    let config = ExportConfig {
        export_as,
        schema_name: said("schema_name").or_else(|| said("schema")).or_else(|| Some(target.schema.clone())),
        alias: said("alias").or_else(|| Some(export.name.clone())),
        database: said("database").or_else(|| Some(target.database.clone())),
    };
    if let Ok(serde_json::Value::Object(config)) = serde_json::to_value(config) {
        export.config = config;
    }
    export.unrendered_config = own;
    Ok(())
}
