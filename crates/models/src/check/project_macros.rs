//! The macros that the project and its packages have, for those who show them.

use super::typed_project::ProjectMacro;
use crate::graph::manifest::Manifest;
use crate::invocation::Invocation;
use crate::json_values::text;
use serde_json::Value as Json;

/// All but the built-in ones, by package and name.
pub(super) fn of(invocation: &Invocation, manifest: &Manifest) -> Vec<ProjectMacro> {
    let macros = &invocation.templates.macros;
    let mut found: Vec<ProjectMacro> = Vec::new();
    for entry in macros.all().filter(|entry| !entry.is_built_in()) {
        let patch = manifest
            .macro_patches
            .iter()
            .find(|patch| patch.name == entry.name && patch.package_name == entry.package_name);
        let told = |name: &str| -> String {
            let arguments = patch.and_then(|patch| patch.members.get("arguments")?.as_array());
            let same = |one: &&Json| one.get("name").and_then(Json::as_str) == Some(name);
            let argument = arguments.into_iter().flatten().find(same).and_then(Json::as_object);
            argument.and_then(|argument| text(argument, "description")).unwrap_or_default()
        };
        found.push(ProjectMacro {
            unique_id: entry.unique_id.clone(),
            name: entry.name.clone(),
            package: entry.package_name.clone(),
            file: entry.original_file_path.clone(),
            description: patch.and_then(|patch| text(&patch.members, "description")).unwrap_or_default(),
            arguments: entry.parameters().into_iter().map(|name| (name.clone(), told(&name))).collect(),
            written: entry.text.clone(),
            calls: entry.calls(macros),
        });
    }
    found.sort_by(|a, b| (&a.package, &a.name).cmp(&(&b.package, &b.name)));
    found
}
