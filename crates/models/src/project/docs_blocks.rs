//! `{% docs %}` blocks of Markdown files.

use crate::project::dbt_project_yml::DbtProject;
use crate::project::file_listing::{FileListing, relative};
use ingot_core::error::{Context, Error, Result};
use ingot_jinja::{Environment, Template};
use std::collections::{HashMap, HashSet};

/// All blocks, by package and name.
pub(crate) type DocsBlocks = HashMap<(String, String), DocsBlock>;

#[derive(Debug, Clone)]
pub(crate) struct DocsBlock {
    pub(crate) text: String,
    /// Relative to the folder of docs, and to the package's root.
    pub(crate) path: String,
    pub(crate) original_file_path: String,
}

/// Reads the blocks of all `.md` files.
pub(crate) fn read(
    environment: &Environment,
    projects: &[&DbtProject],
    listing: &FileListing,
) -> Result<DocsBlocks> {
    let mut out: DocsBlocks = HashMap::new();
    for project in projects {
        // A folder may be named twice.
        let mut seen = HashSet::new();
        for folder in &project.docs_paths {
            for path in listing.list(&project.root.join(folder), &["md"]) {
                if !seen.insert(relative(&path, &project.root)) {
                    continue;
                }
                let text = std::fs::read_to_string(&path).or_cannot_at("read docs", &path)?;
                if !text.contains("{%") {
                    continue;
                }
                let template = Template::parse(text, &path, environment)?;
                for block in template.blocks().filter(|block| block.tag() == "docs") {
                    let body = DocsBlock {
                        text: block.body_text().trim().to_owned(),
                        path: relative(&path, &project.root.join(folder)),
                        original_file_path: relative(&path, &project.root),
                    };
                    let key = (project.name.clone(), block.name().to_owned());
                    if let Some(other) = out.get(&key) {
                        return Err(there_are_two(block.name(), &body, other).at_line(&path, block.line()));
                    }
                    out.insert(key, body);
                }
            }
        }
    }
    Ok(out)
}

fn there_are_two(name: &str, body: &DocsBlock, other: &DocsBlock) -> Error {
    let words = format!(
        "dbt found two docs with the name \"{name}\".\n\nSince these resources have the same name, dbt will be unable to find the \
         correct resource\nwhen doc(\"{name}\") is used."
    );
    let place = match other.original_file_path == body.original_file_path {
        true => "the other one is in this file".to_owned(),
        false => format!("the other one is in {}", other.original_file_path),
    };
    Error::new(format!("there are two docs blocks '{name}'"))
        .in_dbts_words(words)
        .hint(format!("{place}; rename one"))
}
