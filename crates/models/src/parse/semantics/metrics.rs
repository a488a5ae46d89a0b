//! Entries under `metrics:`, and the metrics that measures ask for with `create_metric`.

use crate::graph::node::Node;
use crate::graph::node_kind::NodeKind;
use crate::graph::property_entry::Entry;
use crate::graph::semantics::metric::{CumulativeParams, Metric};
use crate::graph::semantics::semantic_model::Measure;
use crate::graph::semantics::words::MetricType;
use crate::invocation::Invocation;
use crate::json_values::{object, text};
use crate::parse::semantics::entry_node;
use crate::project::config::ConfigKind;
use ingot_core::error::{Error, Result};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// The node of an entry.
pub(in crate::parse) fn node(invocation: &Arc<Invocation>, entry: &Entry) -> Result<Node> {
    check_name(entry)?;
    let mut node = entry_node::node(invocation, entry, ConfigKind::Metric);
    let mut metric: Metric = entry_node::details(entry, &node, &["description"])?;
    let meta = object(&node.config, "meta");
    if !meta.is_empty() {
        metric.meta = meta;
    }
    node.own_tags.clone_from(&metric.tags);
    let described = text(&entry.members, "description").unwrap_or_default();
    node.description = entry_node::description(invocation, entry, &described)?;
    if metric.kind == MetricType::Cumulative {
        let params = metric.type_params.cumulative_type_params.get_or_insert_with(CumulativeParams::default);
        if params.window.is_none() {
            params.window.clone_from(&metric.type_params.window);
        }
        if params.grain_to_date.is_none() {
            params.grain_to_date = metric.type_params.grain_to_date.map(|grain| grain.name().to_owned());
        }
    } else {
        metric.type_params.cumulative_type_params = None;
    }
    node.kind = NodeKind::Metric(Some(Box::new(metric)));
    Ok(node)
}

/// The metric of a measure with `create_metric: true`, of a semantic model that is `model`.
pub(in crate::parse) fn of_measure(
    invocation: &Arc<Invocation>,
    entry: &Entry,
    model: &Node,
    measure: &Measure,
) -> Result<Node> {
    let name = &measure.name;
    let meta = model.config.get("meta").cloned().unwrap_or(Json::Null);
    let members = json!({
        "name": name,
        "label": measure.label.as_ref().unwrap_or(name),
        "type": "simple",
        "type_params": {"measure": name, "expr": measure.expr.as_ref().unwrap_or(name)},
        "description": measure.description.clone().unwrap_or_else(|| format!("Metric created from measure {name}")),
        "config": {"enabled": model.is_enabled(), "meta": meta},
    });
    let members = members.as_object().cloned().unwrap_or_default();
    node(invocation, &Entry { name: name.clone(), members, ..entry.clone() })
}

/// The name as dbt wants it, in dbt's words.
fn check_name(entry: &Entry) -> Result<()> {
    let name = &entry.name;
    let mut wrong: Vec<&str> = Vec::new();
    if name.contains(' ') {
        wrong.push("cannot contain spaces");
    }
    if name.chars().count() > 250 {
        wrong.push("cannot contain more than 250 characters");
    }
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        wrong.push("must begin with a letter");
    }
    if !name.chars().all(|character| character.is_alphanumeric() || character == '_') {
        wrong.push("must contain only letters, numbers and underscores");
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let error = Error::new(format!("The metric name '{name}' is invalid.  It {}", wrong.join(", ")));
    Err(error.at_line(&entry.original_file_path, entry.line).hint("what people read goes under `label:`"))
}
