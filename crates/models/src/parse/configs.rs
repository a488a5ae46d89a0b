//! Configs that are most likely typos: keys that nothing reads and that look like known ones,
//! values of the wrong type.

use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::json_values::python_repr;
use crate::parse::colors;
use ingot_core::error::{Error, nearest};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// What dbt and dbt-duckdb read of nodes.
const KNOWN: &[&str] = &[
    "access",
    "alias",
    "batch_size",
    "begin",
    "check_cols",
    "codec",
    "column_types",
    "concurrent_batches",
    "contract",
    "database",
    "dbt_valid_to_current",
    "delimiter",
    "docs",
    "enabled",
    "entry_point",
    "error_if",
    "event_time",
    "fail_calc",
    "format",
    "freshness",
    "full_refresh",
    "glue_register",
    "grants",
    "group",
    "hard_deletes",
    "incremental_predicates",
    "incremental_strategy",
    "indexes",
    "invalidate_hard_deletes",
    "limit",
    "loaded_at_field",
    "loaded_at_query",
    "location",
    "lookback",
    "materialized",
    "merge_exclude_columns",
    "merge_update_columns",
    "meta",
    "on_configuration_change",
    "on_schema_change",
    "options",
    "overwrite",
    "packages",
    "partition_by",
    "partitioned_by",
    "persist_docs",
    "post-hook",
    "post_hook",
    "pre-hook",
    "pre_hook",
    "predicates",
    "quote_columns",
    "quoting",
    "runtime_version",
    "schema",
    "severity",
    "snapshot_meta_column_names",
    "sql_header",
    "static_analysis",
    "store_failures",
    "store_failures_as",
    "strategy",
    "tags",
    "target_database",
    "target_schema",
    "type",
    "unique_key",
    "updated_at",
    "volatility",
    "warn_if",
    "where",
];

/// Warnings about keys that are nearly a known one. Others may be a macro's own: they are nobody's mistake.
pub(super) fn unknown(nodes: &[Node]) -> Vec<String> {
    let mut out = BTreeSet::new();
    for node in nodes.iter().filter(|node| node.source().is_none()) {
        for key in node.unrendered_config.keys() {
            let bare = key.trim_start_matches('+');
            if KNOWN.contains(&bare) {
                continue;
            }
            if let Some(near) = nearest(bare, KNOWN.iter().copied()) {
                out.insert(format!(
                    "{}:{} configures '{bare}', which nothing reads; did you mean '{near}'?",
                    node.original_file_path, node.line
                ));
            }
        }
    }
    out.into_iter().collect()
}

/// Whether a model's freshness says how long after what it is to be built, if it says either.
fn is_complete(freshness: &Json) -> bool {
    let after = freshness.get("build_after");
    let has = |key: &str| after.and_then(|after| after.get(key)).is_some_and(|value| !value.is_null());
    has("count") == has("period")
}

/// What dbt says of a config of the wrong type, where it says more than that something is wrong.
fn in_dbts_words(key: &str, value: &Json) -> Option<String> {
    let says = |what: &str| format!("{} is not of type '{what}'", python_repr(value));
    Some(match key {
        "enabled" | "full_refresh" => says("boolean"),
        "meta" | "persist_docs" | "grants" | "contract" => says("object"),
        "freshness" => {
            let (missing, given) = match value["build_after"].get("count").filter(|count| !count.is_null()) {
                Some(_) => ("period", "count"),
                None => ("count", "period"),
            };
            format!("`freshness.build_after` must have a value for `{missing}` if a `{given}` is provided")
        }
        _ => return None,
    })
}

/// Values that cannot be meant: `enabled: 'yes'`.
pub(super) fn wrong(nodes: &[Node], disabled: &[Node], errors: &mut Vec<Error>) {
    for node in nodes.iter().chain(disabled) {
        let mut check = |key: &str, fits: fn(&Json) -> bool, kind: &str| {
            let Some(value) = node.config.get(key).filter(|value| !value.is_null() && !fits(value)) else {
                return;
            };
            let what = node.resource_type().name();
            let error = Error::new(format!(
                "{what} '{}': the config '{key}' must be {kind}, and is {value}",
                node.name
            ));
            errors.push(
                match in_dbts_words(key, value) {
                    Some(words) => error.in_dbts_words(words),
                    None => error,
                }
                .at_line(&node.original_file_path, node.line),
            );
        };
        check("enabled", Json::is_boolean, "true or false");
        check("full_refresh", Json::is_boolean, "true or false");
        check("meta", Json::is_object, "a mapping");
        match node.resource_type() {
            ResourceType::Seed => check("materialized", |value| value == "seed", "'seed'"),
            ResourceType::Snapshot => check("materialized", |value| value == "snapshot", "'snapshot'"),
            ResourceType::Test => check("materialized", |value| value == "test", "'test'"),
            _ => {}
        }
        let has_color = |docs: &Json| {
            let color = docs.get("node_color").and_then(Json::as_str).filter(|color| !color.is_empty());
            color.is_none_or(colors::is_color)
        };
        check("docs", has_color, "a mapping whose node_color is a name of HTML or as in '#a1b2c3'");
        if node.resource_type() == ResourceType::Model {
            check("freshness", is_complete, "a mapping whose build_after has both count and period");
        }
        if node.resource_type() != ResourceType::Source && !node.resource_type().is_only_described() {
            check("materialized", Json::is_string, "text");
            check("schema", |value| value.is_string() || value.is_number(), "text");
            check("alias", |value| value.is_string() || value.is_number(), "text");
            check("persist_docs", Json::is_object, "a mapping: {relation: true, columns: true}");
            check("grants", Json::is_object, "a mapping");
            check("contract", Json::is_object, "a mapping: {enforced: true}");
        }
        if node.resource_type() == ResourceType::Test {
            check(
                "severity",
                |value| {
                    value
                        .as_str()
                        .is_some_and(|text| matches!(text.to_lowercase().as_str(), "warn" | "error"))
                },
                "warn or error",
            );
        }
    }
}
