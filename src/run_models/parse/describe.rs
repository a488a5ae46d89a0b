//! Descriptions, with their `doc()` calls rendered.

use super::super::context::Shared;
use super::super::nodes::Node;
use super::super::properties::Patch;
use super::super::yaml_values::has_jinja;
use crate::error::{Error, Result};
use crate::jinja::Template;
use std::sync::Arc;

/// Gives the node what the properties say of it.
pub fn apply(shared: &Arc<Shared>, node: &mut Node, patch: &Patch) -> Result<()> {
    node.patch_path = Some(format!("{}://{}", patch.package_name, patch.original_file_path));
    node.description = rendered(shared, node, &patch.description, patch)?;
    node.columns = patch.columns.clone();
    for index in 0..node.columns.len() {
        let text = node.columns[index].description.clone();
        node.columns[index].description = rendered(shared, node, &text, patch)?;
    }
    node.constraints = patch.constraints.clone();
    Ok(())
}

fn rendered(shared: &Arc<Shared>, node: &Node, text: &str, patch: &Patch) -> Result<String> {
    if !has_jinja(text) {
        return Ok(text.trim().to_owned());
    }
    let context =
        super::parsing_context(shared, super::blank(node.resource_type, &node.package_name, &node.name));
    let out = Template::parse(text, &patch.file, &shared.environment)
        .and_then(|template| template.render(&shared.environment, &context));
    out.map(|text| text.trim().to_owned()).map_err(|error| {
        let full = Error::from(error);
        let plain = Error::new(format!("the description of '{}': {}", patch.name, full.message()))
            .at_line(&patch.file, patch.line);
        match full.hint_text() {
            Some(hint) => plain.hint(hint),
            None => plain,
        }
    })
}

/// The docs blocks of all `.md` files, by package and name.
pub fn docs(
    environment: &crate::jinja::Environment,
    projects: &[&super::super::project_files::ProjectFile],
) -> Result<std::collections::HashMap<(String, String), String>> {
    let mut out = std::collections::HashMap::new();
    for project in projects {
        for folder in &project.docs_paths {
            for path in super::super::files::list(&project.root.join(folder), &["md"]) {
                let text =
                    crate::error::Context::doing_to(std::fs::read_to_string(&path), "reading docs", &path)?;
                if !text.contains("{%") {
                    continue;
                }
                let template = Template::parse(text, &path, environment)?;
                for block in template.blocks().filter(|block| block.tag() == "docs") {
                    let body = block.body_text().trim().to_owned();
                    out.insert((project.name.clone(), block.name().to_owned()), body);
                }
            }
        }
    }
    Ok(out)
}
