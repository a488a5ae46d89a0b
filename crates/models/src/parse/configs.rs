//! Configs that are most likely typos: keys that nothing reads and that look like known ones,
//! values of the wrong type.

use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::json_values::Object;
use crate::parse::colors;
use crate::project::dbt_schemas;
use ingot_core::error::{Error, nearest};
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

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

/// What dbt says of a freshness that is not complete.
fn half_a_period(freshness: &Json) -> String {
    let (missing, given) = match freshness["build_after"].get("count").filter(|count| !count.is_null()) {
        Some(_) => ("period", "count"),
        None => ("count", "period"),
    };
    format!("`freshness.build_after` must have a value for `{missing}` if a `{given}` is provided")
}

/// Values that cannot be meant: `enabled: 'yes'`. Of each config, the first of them.
pub(super) fn wrong(nodes: &[Node], disabled: &[Node], errors: &mut Vec<Error>) {
    // Thousands of nodes share a config.
    let mut checked: HashSet<(*const Object, &'static str)> = HashSet::new();
    for node in nodes.iter().chain(disabled) {
        if !checked.insert((Arc::as_ptr(&node.config), node.resource_type().name())) {
            continue;
        }
        let what = node.resource_type().name();
        let error = match dbt_schemas::check_config(what, &node.config) {
            Some(violation) => {
                let text =
                    format!("{what} '{}': the config `{}` {}", node.name, violation.key(), violation.what);
                let error = Error::new(text).in_dbts_words(violation.words);
                Some(match violation.hint {
                    Some(hint) => error.hint(hint),
                    None => error,
                })
            }
            None => unfit(node),
        };
        errors.extend(error.map(|error| error.at_line(&node.original_file_path, node.line)));
    }
}

/// A value of the right type that its kind of node cannot have.
fn unfit(node: &Node) -> Option<Error> {
    let what = node.resource_type().name();
    let wrong = |key: &str, fits: fn(&Json) -> bool, kind: &str| {
        let value = node.config.get(key).filter(|value| !value.is_null() && !fits(value))?;
        let text = format!("{what} '{}': the config '{key}' must be {kind}, and is {value}", node.name);
        Some(Error::new(text))
    };
    let has_color = |docs: &Json| {
        let color = docs.get("node_color").and_then(Json::as_str).filter(|color| !color.is_empty());
        color.is_none_or(colors::is_color)
    };
    match node.resource_type() {
        ResourceType::Seed => wrong("materialized", |value| value == "seed", "'seed'"),
        ResourceType::Snapshot => wrong("materialized", |value| value == "snapshot", "'snapshot'"),
        ResourceType::Test => wrong("materialized", |value| value == "test", "'test'"),
        ResourceType::Model => {
            let kind = "a mapping whose build_after has both count and period";
            let error = wrong("freshness", is_complete, kind);
            error.map(|error| error.in_dbts_words(half_a_period(&node.config["freshness"])))
        }
        _ => None,
    }
    .or_else(|| wrong("docs", has_color, "a mapping whose node_color is a name of HTML or as in '#a1b2c3'"))
}
