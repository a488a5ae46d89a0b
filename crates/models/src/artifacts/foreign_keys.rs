//! Foreign keys of compiled models: the manifest has the relation in the place of `to: ref('a')`.

use crate::context::references::is_reference;
use crate::graph::manifest::Manifest;
use crate::graph::node::{Node, RefCall};
use crate::json_values::Object;
use serde_json::Value as Json;
use std::collections::HashMap;

/// Puts relations in the place of references in the constraints of a model's entry and of its columns. `root` is the
/// name of the root project, `deferred` has the relations of nodes that are read in another state. What cannot be found
/// stays as written.
pub(super) fn resolve(
    manifest: &Manifest,
    root: &str,
    node: &Node,
    deferred: &HashMap<String, String>,
    entry: &mut Object,
) {
    let in_constraints = |entry: &mut Object, put: &dyn Fn(&mut Json)| {
        if let Some(Json::Array(constraints)) = entry.get_mut("constraints") {
            constraints.iter_mut().for_each(put);
        }
    };
    let put = |constraint: &mut Json| {
        let to = constraint["to"].as_str().filter(|to| is_reference(to));
        if let Some(relation) = to.and_then(|to| relation(manifest, root, node, deferred, to)) {
            constraint["to"] = relation.into();
        }
    };
    in_constraints(entry, &put);
    for column in entry.get_mut("columns").and_then(Json::as_object_mut).into_iter().flatten() {
        if let Json::Object(column) = column.1 {
            in_constraints(column, &put);
        }
    }
}

/// The relation of `ref('a')`, `ref('package', 'a', version=2)` or `source('a', 'b')`.
fn relation(
    manifest: &Manifest,
    root: &str,
    node: &Node,
    deferred: &HashMap<String, String>,
    call: &str,
) -> Option<String> {
    let (function, arguments) = call.trim().trim_end_matches(')').split_once('(')?;
    let arguments: Vec<&str> = arguments.split(',').map(str::trim).collect();
    let unquoted = |text: &str| text.trim().trim_matches(['\'', '"']).to_owned();
    let names: Vec<String> =
        arguments.iter().filter(|one| !one.contains('=')).map(|one| unquoted(one)).collect();
    let version = arguments.iter().find_map(|one| one.split_once('=')).map(|(_, version)| unquoted(version));
    let found = match (function.trim(), names.as_slice()) {
        ("source", [source, table]) => {
            manifest.lookup.resolve_source(source, table, &node.package_name, root)
        }
        ("ref", [name]) => {
            let call = RefCall { package: None, name: name.clone(), version };
            manifest.lookup.resolve_ref(&call, &node.package_name, root)
        }
        ("ref", [package, name]) => {
            let call = RefCall { package: Some(package.clone()), name: name.clone(), version };
            manifest.lookup.resolve_ref(&call, &node.package_name, root)
        }
        _ => return None,
    };
    let id = found.ok()?;
    deferred.get(id).cloned().or_else(|| manifest.node(id)?.relation_name())
}
