//! What a snapshot's config must have, however it was given: in SQL, in properties, or in `dbt_project.yml`.
//! <https://github.com/dbt-labs/dbt-core/blob/v1.11.14/core/dbt/artifacts/resources/v1/snapshot.py#L44>

use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use ingot_core::error::Error;
use serde_json::Value as Json;

/// The errors of all snapshots.
pub(super) fn check(nodes: &[Node], errors: &mut Vec<Error>) {
    let snapshots = nodes.iter().filter(|node| node.resource_type() == ResourceType::Snapshot);
    for node in snapshots.filter(|node| node.is_enabled()) {
        errors.extend(wrong(node).map(|error| error.at_line(&node.original_file_path, node.line)));
    }
}

/// Whether a value says something, as Python sees it.
fn says_something(value: Option<&Json>) -> bool {
    match value {
        None | Some(Json::Null | Json::Bool(false)) => false,
        Some(Json::String(text)) => !text.is_empty(),
        Some(Json::Array(items)) => !items.is_empty(),
        Some(_) => true,
    }
}

fn wrong(node: &Node) -> Option<Error> {
    let has = |key: &str| says_something(node.config.get(key));
    let error = |what: &str, words: String, hint: &str| {
        let error = Error::new(format!("the snapshot '{}' {what}", node.name));
        Some(error.in_dbts_words(words).hint(hint))
    };
    if !has("strategy") || !has("unique_key") {
        let missing = if has("strategy") { "unique_key" } else { "strategy" };
        return error(
            &format!("has no config '{missing}'"),
            "Snapshots must be configured with a 'strategy' and 'unique_key'.".to_owned(),
            "for example: config(strategy='check', check_cols='all', unique_key='id')",
        );
    }
    let check_cols = node.config.get("check_cols").and_then(Json::as_str);
    match node.config.get("strategy").and_then(Json::as_str) {
        Some("check") if !has("check_cols") => error(
            "has no config 'check_cols', which the strategy 'check' needs",
            "A snapshot configured with the check strategy must specify a check_cols configuration."
                .to_owned(),
            "name the columns whose changes are kept, or write check_cols='all'",
        ),
        Some("check") if check_cols.is_some_and(|columns| columns != "all") => error(
            "has a config 'check_cols' that is neither 'all' nor a list of columns",
            format!(
                "Invalid value for 'check_cols': {}. Expected 'all' or a list of strings.",
                check_cols.unwrap_or_default()
            ),
            "write check_cols='all', or a list: check_cols=['name', 'price']",
        ),
        Some("timestamp") if !has("updated_at") => error(
            "has no config 'updated_at', which the strategy 'timestamp' needs",
            "A snapshot configured with the timestamp strategy must specify an updated_at configuration."
                .to_owned(),
            "name the column that says when a row was changed: updated_at='changed_at'",
        ),
        Some("timestamp") if has("check_cols") => error(
            "has a config 'check_cols', which the strategy 'timestamp' does not read",
            "A 'timestamp' snapshot should not have 'check_cols'".to_owned(),
            "leave 'check_cols' out, or take strategy='check'",
        ),
        _ => None,
    }
}
