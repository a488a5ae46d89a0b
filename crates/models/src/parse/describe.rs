//! Descriptions, with their `doc()` calls rendered.

use crate::graph::node::Node;
use crate::graph::node_kind::NodeKind;
use crate::graph::property_entry::Entry;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::json_values::{Object, has_jinja, text};
use crate::parse::rendering::parsing_context;
use crate::project::properties::property_file::{Patch, SourceEntry};
use ingot_core::error::{Error, Result};
use ingot_jinja::Template;
use serde_json::Value as Json;
use std::path::Path;
use std::sync::Arc;

/// Gives the node what the properties say of it.
pub(super) fn apply(invocation: &Arc<Invocation>, node: &mut Node, patch: &Patch) -> Result<()> {
    node.patch_path = Some(format!("{}://{}", patch.package_name, patch.original_file_path));
    node.columns = patch.columns.clone();
    node.constraints = patch.constraints.clone();
    if let Some(model) = node.model_mut() {
        model.deprecation_date = patch.deprecation_date.clone();
        model.time_spine = patch.time_spine.clone();
    }
    if let (NodeKind::Function(function), Some(said)) = (&mut node.kind, &patch.function) {
        **function = said.clone();
    }
    let place = Place { name: &patch.name, file: &patch.file, line: patch.line };
    node_and_columns(invocation, node, &patch.description, &place)
}

/// The same for a source's table.
pub(super) fn source(invocation: &Arc<Invocation>, node: &mut Node, entry: &SourceEntry) -> Result<()> {
    node.columns = entry.columns.clone();
    let description = text(&entry.table, "description").unwrap_or_default();
    let name = node.name.clone();
    let place = Place { name: &name, file: &entry.file, line: entry.line };
    node_and_columns(invocation, node, &description, &place)
}

/// The same for a macro and its arguments.
pub(super) fn macro_patch(invocation: &Arc<Invocation>, patch: &mut Entry) -> Result<()> {
    let Entry { name, package_name, file, line, members, .. } = patch;
    let place = Place { name, file, line: *line };
    let render = |members: &mut Object| -> Result<()> {
        if let Some(said) = text(members, "description") {
            let (said, _) = rendered(invocation, package_name, &said, &place)?;
            members.insert("description".to_owned(), said.into());
        }
        Ok(())
    };
    render(members)?;
    let arguments = members.get_mut("arguments").and_then(Json::as_array_mut);
    arguments.into_iter().flatten().filter_map(Json::as_object_mut).try_for_each(render)
}

/// What is described, and where.
pub(super) struct Place<'a> {
    pub name: &'a str,
    pub file: &'a Path,
    pub line: usize,
}

fn node_and_columns(
    invocation: &Arc<Invocation>,
    node: &mut Node,
    description: &str,
    place: &Place,
) -> Result<()> {
    let package = node.package_name.clone();
    (node.description, node.doc_blocks) = rendered(invocation, &package, description, place)?;
    for column in &mut node.columns {
        let text = std::mem::take(&mut column.description);
        (column.description, column.doc_blocks) = rendered(invocation, &package, &text, place)?;
    }
    Ok(())
}

/// A description, and the unique ids of the docs blocks in it.
pub(super) fn rendered(
    invocation: &Arc<Invocation>,
    package: &str,
    text: &str,
    place: &Place,
) -> Result<(String, Vec<String>)> {
    if !has_jinja(text) {
        return Ok((text.to_owned(), Vec::new()));
    }
    let context = parsing_context(
        invocation,
        Node::new(invocation.target.dialect(), ResourceType::Operation, package, place.name),
    );
    context.set_describes();
    let out = Template::parse(text, place.file, &invocation.templates.environment)
        .and_then(|template| template.render(&invocation.templates.environment, &context));
    // As jinja2 does, the last line end goes.
    let out =
        out.map(|text| text.strip_suffix('\n').map(str::to_owned).unwrap_or(text)).map_err(|error| {
            let full = Error::from(error);
            let plain = Error::new(format!("the description of '{}': {}", place.name, full.message()))
                .at_line(place.file, place.line);
            match full.hint_text() {
                Some(hint) => plain.hint(hint),
                None => plain.hint(
                    "write it into a Markdown file beside the models: {% docs name %} ... {% enddocs %}",
                ),
            }
        })?;
    Ok((out, blocks_in(invocation, package, text)))
}

/// The docs blocks that a text names in expressions that are `doc(...)` and nothing more, as dbt looks for them.
fn blocks_in(invocation: &Invocation, package: &str, text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for expression in text.split("{{").skip(1).filter_map(|rest| rest.split("}}").next()) {
        let call = expression.trim_matches('-').trim();
        let Some((arguments, "")) = call.strip_prefix("doc(").and_then(|rest| rest.split_once(')')) else {
            continue;
        };
        let names: Vec<&str> =
            arguments.split(',').map(|name| name.trim().trim_matches(['\'', '"'])).collect();
        let found = match names.as_slice() {
            [name] => [package, invocation.project.root.name.as_str()].into_iter().find_map(|package| {
                invocation
                    .project
                    .docs
                    .get(&(package.to_owned(), (*name).to_owned()))
                    .map(|_| (package, *name))
            }),
            [package, name] => Some((*package, *name)),
            _ => None,
        };
        let id = found.map(|(package, name)| format!("doc.{package}.{name}"));
        out.extend(id.filter(|id| !out.contains(id)).into_iter().collect::<Vec<_>>());
    }
    out
}
