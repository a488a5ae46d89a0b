//! `target/semantic_manifest.json`: the semantic layer alone, as MetricFlow reads it.
//! <https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/contracts/graph/semantic_manifest.py>

use crate::graph::manifest::Manifest;
use crate::graph::node::Node;
use crate::graph::semantics::time_spine::{self, TimeSpine};
use crate::invocation::Invocation;
use crate::json_values::Object;
use ingot_core::error::Result;
use serde_json::{Value as Json, json};

/// Writes the file.
///
/// # Errors
/// The target folder cannot be written to.
pub(super) fn write(invocation: &Invocation, manifest: &Manifest) -> Result<()> {
    let nodes = &manifest.nodes;
    let of = |wanted: fn(&Node) -> bool, make: fn(&Node) -> Json| -> Vec<Json> {
        nodes.iter().filter(|node| wanted(node)).map(make).collect()
    };
    let models = of(|node| node.semantic_model().is_some(), semantic_model);
    let legacy = match time_spine::by_name(nodes).filter(|_| !models.is_empty()) {
        Some(node) => json!([{"location": node.relation_name(), "column_name": "date_day", "grain": "day"}]),
        None => json!([]),
    };
    let spines: Vec<Json> =
        nodes.iter().filter_map(time_spine::of_node).map(|spine| time_spine(&spine)).collect();
    let content = json!({
        "semantic_models": models,
        "metrics": of(|node| node.metric().is_some(), metric),
        "project_configuration": {
            "time_spine_table_configurations": legacy, "metadata": null,
            "dsi_package_version": {"major_version": "0", "minor_version": "9", "patch_version": "0"},
            "time_spines": spines,
        },
        "saved_queries": of(|node| node.saved_query().is_some(), saved_query),
    });
    super::write(&invocation.settings.target_folder.join("semantic_manifest.json"), &content)
}

/// Some members of a node's entry.
fn members(node: &Node, keys: &[&str]) -> Object {
    let mut entry = node.to_json();
    keys.iter().map(|key| ((*key).to_owned(), entry.shift_remove(*key).unwrap_or(Json::Null))).collect()
}

fn semantic_model(node: &Node) -> Json {
    let mut out = members(
        node,
        &[
            "name",
            "defaults",
            "description",
            "node_relation",
            "primary_entity",
            "entities",
            "measures",
            "dimensions",
            "label",
            "metadata",
        ],
    );
    for list in ["entities", "measures"] {
        for element in out.get_mut(list).and_then(Json::as_array_mut).into_iter().flatten() {
            element["metadata"] = Json::Null;
        }
    }
    out.insert("config".to_owned(), meta(node));
    Json::Object(out)
}

fn metric(node: &Node) -> Json {
    let keys =
        ["name", "description", "type", "type_params", "filter", "metadata", "label", "time_granularity"];
    let mut out = members(node, &keys);
    if let Some(Json::Object(params)) = out.get_mut("type_params") {
        params.shift_remove("metric_aggregation_params");
        if let Some(Json::Object(cumulative)) = params.get_mut("cumulative_type_params") {
            cumulative.shift_remove("metric");
        }
    }
    out.insert("config".to_owned(), meta(node));
    Json::Object(out)
}

fn saved_query(node: &Node) -> Json {
    let mut out =
        members(node, &["name", "query_params", "description", "metadata", "label", "exports", "tags"]);
    for export in out.get_mut("exports").and_then(Json::as_array_mut).into_iter().flatten() {
        let config = |key: &str| export["config"].get(key).cloned().unwrap_or(Json::Null);
        *export = json!({
            "name": export["name"],
            "config": {"export_as": config("export_as"), "schema_name": config("schema_name"), "alias": config("alias")},
        });
    }
    Json::Object(out)
}

fn meta(node: &Node) -> Json {
    json!({"meta": node.config.get("meta").cloned().unwrap_or_else(|| json!({}))})
}

fn time_spine(spine: &TimeSpine) -> Json {
    let node = spine.node;
    let given = node.model().and_then(|model| model.time_spine.as_ref());
    let custom =
        given.and_then(|given| given.get("custom_granularities")).cloned().unwrap_or_else(|| json!([]));
    json!({
        "node_relation": {
            "alias": node.alias, "schema_name": node.schema, "database": node.database,
            "relation_name": node.relation_name(),
        },
        "primary_column": {"name": spine.column, "time_granularity": spine.granularity.name()},
        "custom_granularities": custom,
    })
}
