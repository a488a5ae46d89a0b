//! The tree of DuckDB's parser: its members, and what is looked for in it.

use serde_json::Value as Json;

pub(crate) fn text<'j>(tree: &'j Json, key: &str) -> &'j str {
    tree[key].as_str().unwrap_or_default()
}

pub(crate) fn items<'j>(tree: &'j Json, key: &str) -> &'j [Json] {
    tree[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

pub(crate) fn names(tree: &Json, key: &str) -> Vec<String> {
    items(tree, key).iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// The names of a lambda's parameters, in lower case.
pub(super) fn parameter_names(tree: &Json, out: &mut Vec<String>) {
    match tree {
        Json::Object(members) => {
            if let Some(names) = members.get("column_names").and_then(Json::as_array) {
                out.extend(names.iter().filter_map(|name| Some(name.as_str()?.to_lowercase())));
            }
            members.values().for_each(|part| parameter_names(part, out));
        }
        Json::Array(items) => items.iter().for_each(|part| parameter_names(part, out)),
        _ => {}
    }
}

/// The columns that expressions name.
pub(super) fn column_names(tree: &Json, out: &mut Vec<String>) {
    match tree {
        Json::Object(members) => {
            if text(tree, "class") == "COLUMN_REF" {
                out.extend(names(tree, "column_names").pop());
            }
            members.values().for_each(|part| column_names(part, out));
        }
        Json::Array(items) => items.iter().for_each(|part| column_names(part, out)),
        _ => {}
    }
}

/// Whether an expression stands for one column of many: `max(COLUMNS(*))`.
pub(super) fn columns_star(tree: &Json) -> Option<&Json> {
    match tree {
        Json::Object(members) => {
            if text(tree, "class") == "STAR" {
                return Some(tree);
            }
            // A subquery has stars of its own.
            (text(tree, "class") != "SUBQUERY").then(|| members.values().find_map(columns_star)).flatten()
        }
        Json::Array(items) => items.iter().find_map(columns_star),
        _ => None,
    }
}
