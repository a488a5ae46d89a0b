//! What each selection method looks at: one node at a time, yes or no.

use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::select::criterion::Criterion;
use crate::select::known_words::{RESOURCE_TYPES, one_of};
use crate::select::state::{self, State};
use ingot_core::error::{Error, Result};
use serde_json::Value as Json;

/// What methods look at beside the node.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub root_package: &'a str,
    /// The project as it was at another time, for `state:`, `result:` and `source_status:`.
    pub state: Option<&'a State>,
}

/// Whether a criterion matches a node; graph operators are the caller's.
///
/// # Errors
/// A word that the method does not know, or `state:` without a state.
pub(super) fn matches(scope: Scope<'_>, criterion: &Criterion, node: &Node) -> Result<bool> {
    let value = criterion.value.as_str();
    let kind = node.resource_type();
    Ok(match criterion.method.as_str() {
        "fqn" => kind != ResourceType::Source && fqn_matches(node, value),
        "tag" => node.tags().iter().any(|tag| wildcard(value, tag)),
        "group" => node.group().is_some_and(|group| wildcard(value, &group)),
        "access" => {
            one_of("access", value, &["private", "protected", "public"])?;
            node.access() == Some(value)
        }
        "source" => node.source().is_some_and(|source| source_matches(node, &source.source_name, value)),
        "exposure" => kind == ResourceType::Exposure && named(node, value),
        "metric" => kind == ResourceType::Metric && named(node, value),
        "semantic_model" => kind == ResourceType::SemanticModel && named(node, value),
        "saved_query" => kind == ResourceType::SavedQuery && named(node, value),
        "unit_test" => kind == ResourceType::UnitTest && named(node, value),
        "path" => {
            let properties = node.patch_path.as_deref().and_then(|path| path.split_once("://"));
            path_matches(&node.original_file_path, value)
                || properties.is_some_and(|(_, path)| path == value.trim_start_matches("./"))
        }
        "file" => {
            let name = node.original_file_path.rsplit('/').next().unwrap_or_default();
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            wildcard(value, name) || wildcard(value, stem)
        }
        "package" => {
            let wanted = if value == "this" { scope.root_package } else { value };
            wildcard(wanted, &node.package_name)
        }
        "config" => {
            if criterion.arguments.is_empty() {
                return Err(Error::new(format!("'config:{value}' does not say which config"))
                    .hint("write config.materialized:table, config.meta.owner:me"));
            }
            // As under dbt, these are found by other methods.
            let is_found_otherwise = kind == ResourceType::Function || kind.is_only_described();
            !is_found_otherwise && config_matches(node, &criterion.arguments, value)
        }
        "resource_type" => {
            one_of("resource type", value, RESOURCE_TYPES)?;
            kind.name() == value
        }
        "test_name" => {
            let is_unit_test = node.unit_test().is_some() && wildcard(value, &node.name);
            is_unit_test || node.generic_test().is_some_and(|test| wildcard(value, &test.name))
        }
        "test_type" => {
            one_of("test type", value, &["generic", "singular", "unit", "data", "schema"])?;
            match (kind, value) {
                (ResourceType::Test, "generic" | "schema") => node.generic_test().is_some(),
                (ResourceType::Test, "singular") => node.generic_test().is_none(),
                (ResourceType::Test, "data") => true,
                (ResourceType::UnitTest, "unit") => true,
                _ => false,
            }
        }
        "version" => {
            one_of("version", value, &["latest", "old", "prerelease", "none"])?;
            version_matches(node, value)
        }
        "state" => state::matches(scope.state, node, value)?,
        "result" => state::result_matches(scope.state, node, value)?,
        "source_status" => state::source_status_matches(scope.state, node, value)?,
        other => return Err(Error::new(format!("the selection method '{other}:' is not supported"))),
    })
}

/// `name`, `package.name`, `*`.
fn named(node: &Node, value: &str) -> bool {
    match value.split_once('.') {
        Some((package, name)) => wildcard(package, &node.package_name) && wildcard(name, &node.name),
        None => wildcard(value, &node.name),
    }
}

fn version_matches(node: &Node, value: &str) -> bool {
    let latest = node.model().and_then(|model| model.latest_version.as_ref());
    let is_latest = |version: &String| Some(version) == latest;
    let is_older = |version: &String| older(version, latest.map(String::as_str));
    match (value, &node.version) {
        ("none", version) => node.resource_type() == ResourceType::Model && version.is_none(),
        ("latest", version) => {
            node.resource_type() == ResourceType::Model && version.as_ref().is_some_and(is_latest)
        }
        ("old", Some(version)) => is_older(version),
        ("prerelease", Some(version)) => !is_latest(version) && !is_older(version),
        _ => false,
    }
}

fn older(version: &str, latest: Option<&str>) -> bool {
    match (version.parse::<f64>(), latest.map(str::parse::<f64>)) {
        (Ok(version), Some(Ok(latest))) => version < latest,
        _ => latest.is_some_and(|latest| version < latest),
    }
}

fn fqn_matches(node: &Node, value: &str) -> bool {
    is_selected(&node.fqn, value, node.version.is_some())
        || is_selected(node.fqn.get(1..).unwrap_or_default(), value, node.version.is_some())
}

/// Whether the dotted `value` names this node or a folder above it.
fn is_selected(fqn: &[String], value: &str, versioned: bool) -> bool {
    let Some(last) = fqn.last() else { return false };
    let name_matches = if versioned && fqn.len() >= 2 {
        let name = &fqn[fqn.len() - 2];
        wildcard(value, name)
            || wildcard(value, &format!("{name}_{last}"))
            || wildcard(value, &format!("{name}.{last}"))
    } else {
        wildcard(value, last)
    };
    if name_matches {
        return true;
    }
    let flat: Vec<&str> = fqn.iter().flat_map(|part| part.split('.')).collect();
    let wanted: Vec<&str> = value.split('.').collect();
    if flat.len() < wanted.len() {
        return false;
    }
    for (index, part) in wanted.iter().enumerate() {
        // A part with a wildcard answers for all the rest.
        if part.contains(['*', '?', '[']) {
            return wildcard(&wanted[index..].join("."), &flat[index..].join("."));
        }
        if *part != flat[index] {
            return false;
        }
    }
    true
}

fn source_matches(node: &Node, source: &str, value: &str) -> bool {
    let parts: Vec<&str> = value.split('.').collect();
    match parts.as_slice() {
        [one] => wildcard(one, source),
        [one, table] => wildcard(one, source) && wildcard(table, &node.name),
        [package, one, table] => {
            wildcard(package, &node.package_name) && wildcard(one, source) && wildcard(table, &node.name)
        }
        _ => false,
    }
}

fn path_matches(path: &str, value: &str) -> bool {
    let value = value.trim_start_matches("./").trim_end_matches('/');
    if !value.contains(['*', '?', '[']) {
        return path.strip_prefix(value).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    }
    // As in Python's pathlib, `*` stays within a folder, and the path may be below what matches.
    let mut builder = globset::GlobBuilder::new(value);
    builder.literal_separator(true).backslash_escape(false);
    let Ok(glob) = builder.build() else { return false };
    let glob = glob.compile_matcher();
    let mut above = path.match_indices('/').map(|(at, _)| &path[..at]).chain([path]);
    above.any(|path| glob.is_match(path))
}

fn config_matches(node: &Node, keys: &[String], value: &str) -> bool {
    let mut keys_left = keys.iter();
    let Some(mut found) = keys_left.next().and_then(|key| node.config.get(key)) else { return false };
    for key in keys_left {
        match found.get(key) {
            Some(inner) => found = inner,
            None => return false,
        }
    }
    let is = |item: &Json| match item {
        Json::Bool(flag) => value.eq_ignore_ascii_case(&flag.to_string()),
        Json::String(text) if keys == ["severity"] => text.eq_ignore_ascii_case(value),
        // As under dbt, a number is not text: `config.meta.tier:3` finds nothing.
        other => other.as_str() == Some(value),
    };
    match found {
        Json::Array(items) => items.iter().any(is),
        Json::Object(members) => members.contains_key(value),
        other => is(other),
    }
}

/// Shell wildcards: `*`, `?`, `[abc]`; case matters.
pub(super) fn wildcard(pattern: &str, text: &str) -> bool {
    if !pattern.contains(['*', '?', '[']) {
        return pattern == text;
    }
    let mut builder = globset::GlobBuilder::new(pattern);
    builder.literal_separator(false).backslash_escape(false);
    builder.build().is_ok_and(|glob| glob.compile_matcher().is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_folders_and_wildcards() {
        let fqn: Vec<String> = ["shop", "staging", "erp", "stg_orders"].map(str::to_owned).into();
        for (value, expected) in [
            ("stg_orders", true),
            ("shop.staging", true),
            ("shop", true),
            ("staging", false),
            ("shop.staging.*", true),
            ("stg_*", true),
            ("shop.gold", false),
        ] {
            assert_eq!(is_selected(&fqn, value, false), expected, "{value}");
        }
        assert!(path_matches("models/staging/a.sql", "models/staging/"));
        assert!(path_matches("models/staging/a.sql", "models/*/a.sql"));
        assert!(!path_matches("models/staging2/a.sql", "models/staging"));
    }
}
