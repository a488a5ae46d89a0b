//! Descriptions, with their `doc()` calls rendered.

use crate::context::{DocsBlock, Shared};
use crate::graph::node::{Node, ResourceType};
use crate::json_values::{has_jinja, text};
use crate::project::file_listing;
use crate::project::properties::{Patch, SourceEntry};
use ingot_core::error::{Error, Result};
use ingot_jinja::Template;
use std::path::Path;
use std::sync::Arc;

/// Gives the node what the properties say of it.
pub fn apply(shared: &Arc<Shared>, node: &mut Node, patch: &Patch) -> Result<()> {
    node.patch_path = Some(format!("{}://{}", patch.package_name, patch.original_file_path));
    node.columns = patch.columns.clone();
    node.constraints = patch.constraints.clone();
    node.deprecation_date = patch.deprecation_date.clone();
    let place = Place { name: &patch.name, file: &patch.file, line: patch.line };
    node_and_columns(shared, node, &patch.description, &place)
}

/// The same for a source's table.
pub fn source(shared: &Arc<Shared>, node: &mut Node, entry: &SourceEntry) -> Result<()> {
    node.columns = entry.columns.clone();
    let description = text(&entry.table, "description").unwrap_or_default();
    let name = node.name.clone();
    let place = Place { name: &name, file: &entry.file, line: entry.line };
    node_and_columns(shared, node, &description, &place)
}

/// What is described, and where.
pub struct Place<'a> {
    pub name: &'a str,
    pub file: &'a Path,
    pub line: usize,
}

fn node_and_columns(shared: &Arc<Shared>, node: &mut Node, description: &str, place: &Place) -> Result<()> {
    let package = node.package_name.clone();
    (node.description, node.doc_blocks) = rendered(shared, &package, description, place)?;
    for column in &mut node.columns {
        let text = std::mem::take(&mut column.description);
        (column.description, column.doc_blocks) = rendered(shared, &package, &text, place)?;
    }
    Ok(())
}

/// A description, and the unique ids of the docs blocks in it.
pub fn rendered(
    shared: &Arc<Shared>,
    package: &str,
    text: &str,
    place: &Place,
) -> Result<(String, Vec<String>)> {
    if !has_jinja(text) {
        return Ok((text.to_owned(), Vec::new()));
    }
    let context = crate::parse::parsing_context(
        shared,
        crate::parse::blank(ResourceType::Operation, package, place.name),
    );
    let out = Template::parse(text, place.file, &shared.environment)
        .and_then(|template| template.render(&shared.environment, &context));
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
    Ok((out, blocks_in(shared, package, text)))
}

/// The docs blocks that a text names in `doc(...)`.
fn blocks_in(shared: &Shared, package: &str, text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (at, _) in text.match_indices("doc(") {
        let arguments = text[at + 4..].split(')').next().unwrap_or_default();
        let names: Vec<&str> =
            arguments.split(',').map(|name| name.trim().trim_matches(['\'', '"'])).collect();
        let found = match names.as_slice() {
            [name] => [package, shared.root.name.as_str()].into_iter().find_map(|package| {
                shared.docs.get(&(package.to_owned(), (*name).to_owned())).map(|_| (package, *name))
            }),
            [package, name] => Some((*package, *name)),
            _ => None,
        };
        let id = found.map(|(package, name)| format!("doc.{package}.{name}"));
        out.extend(id.filter(|id| !out.contains(id)).into_iter().collect::<Vec<_>>());
    }
    out
}

/// The docs blocks of all `.md` files, by package and name.
pub fn docs(
    environment: &ingot_jinja::Environment,
    projects: &[&crate::project::dbt_project_yml::ProjectFile],
    project_files: &file_listing::ProjectFiles,
) -> Result<std::collections::HashMap<(String, String), DocsBlock>> {
    let mut out = std::collections::HashMap::new();
    for project in projects {
        for folder in &project.docs_paths {
            for path in project_files.list(&project.root.join(folder), &["md"]) {
                let text = ingot_core::error::Context::doing_to(
                    std::fs::read_to_string(&path),
                    "reading docs",
                    &path,
                )?;
                if !text.contains("{%") {
                    continue;
                }
                let template = Template::parse(text, &path, environment)?;
                for block in template.blocks().filter(|block| block.tag() == "docs") {
                    let body = DocsBlock {
                        text: block.body_text().trim().to_owned(),
                        path: file_listing::relative(&path, &project.root.join(folder)),
                        original_file_path: file_listing::relative(&path, &project.root),
                    };
                    out.insert((project.name.clone(), block.name().to_owned()), body);
                }
            }
        }
    }
    Ok(out)
}
