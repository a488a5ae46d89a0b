//! What events say of the node that they are about.

use crate::dbt;
use crate::graph::manifest::Manifest;
use crate::graph::node::Node;
use crate::json_values::python_str;
use crate::outcomes::NodeResult;
use serde_json::{Value as Json, json};

/// What an event says of a node that begins; if not in full, only what the event's text needs.
pub(crate) fn started(node: &Node, in_full: bool) -> Json {
    match in_full {
        true => json!({ "node_info": info(node, "started", Some(jiff::Timestamp::now()), None) }),
        false => json!({ "node_info": name_of(node) }),
    }
}

/// What events say of the node for which something is done.
pub(crate) fn running(node: &Node) -> Json {
    info(node, "executing", Some(jiff::Timestamp::now()), None)
}

/// What an event says of a node that ended; if not in full, only what the event's text needs.
pub(crate) fn finished(manifest: &Manifest, node: &Node, result: &NodeResult, in_full: bool) -> Json {
    if !in_full {
        return json!({ "node_info": name_of(node), "run_result": { "message": result.message } });
    }
    let mut out = json!({
        "node_info": info(node, result.status.name(), Some(result.started), Some(result.ended())),
        "status": result.status.name(),
        "execution_time": result.elapsed.as_secs_f64(),
        "num_failures": result.failures.unwrap_or(0),
        "run_result": {
            "status": result.status.name(),
            "message": result.message,
            "thread": result.thread,
            "execution_time": result.elapsed.as_secs_f64(),
            "num_failures": result.failures.unwrap_or(0),
            "adapter_response": result.response,
        },
    });
    if let Some(group) = group_of(manifest, node) {
        out["group"] = group;
    }
    out
}

/// What an event says of a result that is not good: of the node, and of the group whose owner is to be told.
pub(crate) fn failed(manifest: &Manifest, result: &NodeResult) -> Json {
    let Some(node) = manifest.node(&result.unique_id) else { return json!({}) };
    let node_info = info(node, result.status.name(), Some(result.started), Some(result.ended()));
    let mut out = json!({
        "node_info": node_info, "node_name": node.name, "resource_type": node.resource_type().name(),
        "path": node.original_file_path, "result_message": result.message,
    });
    if let Some(group) = group_of(manifest, node) {
        out["group"] = group;
    }
    out
}

/// The group of a node, whose owner is to be told.
fn group_of(manifest: &Manifest, node: &Node) -> Option<Json> {
    let name = node.group()?;
    let group = manifest.groups.iter().find(|group| group.name == name)?;
    Some(json!({
        "name": group.name, "package_name": group.package_name, "owner": owner(&group.to_json()["owner"]),
    }))
}

/// An owner as dbt's events have one: everything in it is text.
fn owner(owner: &Json) -> Json {
    let as_text = |(key, value): (&String, &Json)| {
        (key.clone(), if value.is_null() { Json::Null } else { python_str(value).into() })
    };
    Json::Object(owner.as_object().into_iter().flatten().map(as_text).collect())
}

fn name_of(node: &Node) -> Json {
    json!({ "unique_id": node.unique_id, "resource_type": node.resource_type().name() })
}

fn info(
    node: &Node,
    status: &str,
    started: Option<jiff::Timestamp>,
    finished: Option<jiff::Timestamp>,
) -> Json {
    let time = |at: Option<jiff::Timestamp>| at.map(dbt::time).unwrap_or_default();
    json!({
        "node_path": node.path,
        "node_name": node.name,
        "unique_id": node.unique_id,
        "resource_type": node.resource_type().name(),
        "materialized": node.materialized(),
        "node_status": status,
        "node_started_at": time(started),
        "node_finished_at": time(finished),
        "meta": node.config.get("meta").cloned().unwrap_or_else(|| json!({})),
        "node_relation": {
            "database": node.database,
            "schema": node.schema,
            "alias": node.alias,
            "relation_name": node.relation_name(),
        },
        "node_checksum": node.checksum,
    })
}
