//! Entries under `semantic_models:`.

use crate::graph::node::Node;
use crate::graph::node_kind::NodeKind;
use crate::graph::property_entry::Entry;
use crate::graph::semantics::semantic_model::{ElementConfig, Measure, SemanticModel};
use crate::invocation::Invocation;
use crate::json_values::object;
use crate::parse::semantics::entry_node;
use crate::parse::yaml_references;
use crate::project::config::ConfigKind;
use ingot_core::error::Result;
use std::sync::Arc;

/// The node of an entry, and the measures that are to have a metric.
pub(in crate::parse) fn node(invocation: &Arc<Invocation>, entry: &Entry) -> Result<(Node, Vec<Measure>)> {
    let mut node = entry_node::node(invocation, entry, ConfigKind::SemanticModel);
    let mut model: SemanticModel = entry_node::details(entry, &node, &[])?;
    let as_metrics: Vec<Measure> =
        model.measures.iter().filter(|measure| measure.create_metric).cloned().collect();
    entry_node::describe(invocation, entry, &mut model.description)?;
    let of_model = object(&node.config, "meta");
    let inherit = |config: &mut ElementConfig| {
        let own = std::mem::replace(&mut config.meta, of_model.clone());
        config.meta.extend(own);
    };
    for measure in &mut model.measures {
        measure.create_metric = false;
        inherit(&mut measure.config);
        entry_node::describe(invocation, entry, &mut measure.description)?;
    }
    for dimension in &mut model.dimensions {
        inherit(&mut dimension.config);
        entry_node::describe(invocation, entry, &mut dimension.description)?;
    }
    for entity in &mut model.entities {
        inherit(&mut entity.config);
        entry_node::describe(invocation, entry, &mut entity.description)?;
    }
    node.description = model.description.clone().unwrap_or_default();
    yaml_references::read(invocation, &mut node, &model.model, "model")
        .map_err(|error| error.at_line(&entry.original_file_path, entry.line))?;
    node.kind = NodeKind::SemanticModel(Some(Box::new(model)));
    Ok((node, as_metrics))
}
