//! Resolves what nodes refer to, and says of all that is missing where it was written.

use crate::graph::manifest::{Lookup, NotFound, explain, ref_text};
use crate::graph::node::{Node, RefCall};
use crate::graph::resource_type::ResourceType;
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::Error;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;

/// Puts into each node what it depends on. `root` is the name of the root project; a reference to a name in
/// `unread` is not an error, because the file of that name has one of its own. A test that refers to what is not there
/// is switched off with a warning.
pub(super) fn resolve(
    root: &str,
    nodes: &mut [Node],
    lookup: &Lookup,
    unread: &HashSet<String>,
    errors: &mut Vec<Error>,
    warnings: &mut Vec<Warning>,
) {
    for node in nodes {
        let mut found = Vec::new();
        let mut disabled_parent = false;
        let is_test = node.resource_type() == ResourceType::Test;
        for call in &node.refs {
            match lookup.resolve_ref(call, &node.package_name, root) {
                Ok(id) => {
                    warnings.extend(out_of_package(root, node, call, id));
                    found.push(id.to_owned());
                }
                // A test of a model that is switched off is switched off with it.
                Err(NotFound::Disabled(_)) if node.generic_test().is_some() => disabled_parent = true,
                Err(reason) if is_test && !unread.contains(&call.name) => {
                    warnings.push(left_out(node, &ref_text(call), &call.name, &reason));
                    disabled_parent = true;
                }
                Err(NotFound::Unknown { .. }) if unread.contains(&call.name) => {}
                Err(reason) => errors.push(missing(node, &ref_text(call), &call.name, &reason)),
            }
        }
        for (source, table) in &node.sources {
            match lookup.resolve_source(source, table, &node.package_name, root) {
                Ok(id) => found.push(id.to_owned()),
                Err(NotFound::Disabled(_)) if node.generic_test().is_some() => disabled_parent = true,
                Err(reason) if is_test => {
                    warnings.push(left_out(node, &format!("source('{source}', '{table}')"), table, &reason));
                    disabled_parent = true;
                }
                Err(reason) => {
                    errors.push(missing(node, &format!("source('{source}', '{table}')"), table, &reason));
                }
            }
        }
        if disabled_parent {
            Arc::make_mut(&mut node.config).insert("enabled".to_owned(), false.into());
        }
        for id in found {
            if !node.depends_on.contains(&id) {
                node.depends_on.push(id);
            }
        }
    }
}

/// The warning about a package's node that gets a model of the root project by a name alone.
/// <https://docs.getdbt.com/reference/global-configs/behavior-changes#package-ref-search-order>
fn out_of_package(root: &str, node: &Node, call: &RefCall, id: &str) -> Option<Warning> {
    let is_of_root = id.split('.').nth(1) == Some(root);
    if node.package_name == root || !is_of_root || call.package.as_deref() == Some(root) {
        return None;
    }
    let (name, package) = (&node.name, &node.package_name);
    let text = format!(
        "{} of the package '{package}' reads {id} of this project, since it has the name that it refers to ({})",
        ref_text(call),
        node.original_file_path
    );
    let words = format!(
        "The node '{name}' in package '{package}' depends on the root project node '{id}'. This may lead to unexpected cycles downstream. Please set the 'require_ref_prefers_node_package_to_root' behavior change flag to True to avoid this issue."
    );
    let data = json!({"node_name": name, "package_name": package, "root_project_unique_id": id});
    Some(Warning::new(WarningKind::PackageNodeDependsOnRootProjectNode, text).with(data).in_dbts_words(words))
}

/// The warning about a test that refers to what is not there. dbt leaves such a test out and runs the rest.
/// <https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/parser/manifest.py> (invalid_target_fail_unless_test)
fn left_out(node: &Node, written: &str, name: &str, reason: &NotFound) -> Warning {
    let kind = match reason {
        NotFound::Disabled(_) => WarningKind::InvalidDisabledTargetInTestNode,
        _ => WarningKind::NodeNotFoundOrDisabled,
    };
    let error = missing(node, written, name, reason);
    let place = match error.place().and_then(|place| place.line) {
        Some(line) => format!(" ({}:{line})", node.original_file_path),
        None => format!(" ({})", node.original_file_path),
    };
    let near = match reason {
        NotFound::Unknown { near: Some(near) } => format!("; did you mean '{near}'?"),
        _ => String::new(),
    };
    Warning::new(kind, format!("{}, so the test is left out{place}{near}", error.message()))
}

fn missing(node: &Node, written: &str, name: &str, reason: &NotFound) -> Error {
    let (_, hint) = explain(written, reason);
    let kind = node.resource_type().name();
    // In dbt's words, which people look for.
    let what = match written.strip_prefix("source(") {
        Some(rest) => {
            format!("a source named '{}'", rest.trim_end_matches(')').replace("', '", ".").trim_matches('\''))
        }
        None => format!("a node named '{name}'"),
    };
    let outcome = match reason {
        NotFound::Disabled(file) => format!("is disabled ({file})"),
        NotFound::Unknown { .. } => "was not found".to_owned(),
        NotFound::NoSuchVersion { .. } => "has no such version".to_owned(),
    };
    let mut error =
        Error::new(format!("{kind} '{}' depends on {what} which {outcome}: {written}", node.name));
    // The line of a YAML test is that of the test; in SQL the name itself is looked for.
    let at = (node.generic_test().is_none())
        .then(|| {
            node.raw_code.lines().enumerate().find_map(|(index, line)| {
                let quoted = [format!("'{name}'"), format!("\"{name}\"")];
                quoted
                    .iter()
                    .find_map(|text| line.find(text.as_str()))
                    .map(|column| (index + 1, line[..column].chars().count() + 1))
            })
        })
        .flatten();
    error = match at {
        Some((line, column)) => error.in_text(&node.original_file_path, &node.raw_code, line, Some(column)),
        None => error.at_line(&node.original_file_path, node.line),
    };
    match hint {
        Some(hint) => error.hint(hint),
        None => error.hint("is the name right, and is the file in a folder that dbt_project.yml names?"),
    }
}
