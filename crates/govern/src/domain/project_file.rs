//! The config of a domain's folder in `dbt_project.yml`, put in without touching anything else in the file.

use super::described::Domain;
use ingot_core::error::{Error, Result};
use ingot_core::yaml::{self, Node};
use std::path::Path;

/// The text with the config of `models/<domain>`; the same text if it has one.
///
/// # Errors
/// The file is not YAML, or is written in a way into which nothing can be put. The hint has the lines.
pub(super) fn with_folder(text: &str, file: &Path, domain: &Domain) -> Result<String> {
    let document = yaml::parse(text, file)?;
    let name = document.get("name").and_then(Node::as_str).ok_or_else(|| {
        Error::new("the project has no name").at(file).hint("add `name: NAME` to dbt_project.yml")
    })?;
    let models = document.get("models").filter(|models| !models.is_null());
    let of_project = models.and_then(|models| models.get(name)).filter(|node| !node.is_null());
    if of_project.is_some_and(|node| node.get(&domain.name).is_some()) {
        return Ok(text.to_owned());
    }
    let lines: Vec<&str> = text.lines().collect();
    // After which line, and how far to the right.
    let (after, mut new) = match (models, of_project) {
        (_, Some(node)) => {
            let first = node.as_map().and_then(|members| members.values().next());
            let indent = first.map_or(node.column + 1, |first| first.column - 1);
            (node.line, folder(domain, indent))
        }
        (Some(models), None) => {
            let first = models.as_map().and_then(|members| members.values().next());
            let indent = first.map_or(2, |first| first.column - 1);
            let mut new = vec![format!("{}{name}:", " ".repeat(indent))];
            new.extend(folder(domain, indent + 2));
            (models.line, new)
        }
        (None, _) if document.get("models").is_none() => {
            let mut new = vec!["models:".to_owned(), format!("  {name}:")];
            new.extend(folder(domain, 4));
            (lines.len(), new)
        }
        (None, _) => (lines.len(), Vec::new()),
    };
    let mut all: Vec<String> = lines.iter().take(after).map(|line| (*line).to_owned()).collect();
    all.append(&mut new);
    all.extend(lines.iter().skip(after).map(|line| (*line).to_owned()));
    let edited = format!("{}\n", all.join("\n"));
    if is_only_more(&document, &edited, file, name, domain) {
        return Ok(edited);
    }
    Err(Error::new("dbt_project.yml is written in a way into which ingot cannot put the config of a folder")
        .at_line(file, models.map_or(1, |models| models.line))
        .hint(format!("add it by hand:\nmodels:\n  {name}:\n{}", folder(domain, 4).join("\n"))))
}

fn folder(domain: &Domain, indent: usize) -> Vec<String> {
    let (name, readers) = (&domain.name, domain.readers());
    [
        format!("{name}:"),
        format!("  +schema: {name}"),
        "  +materialized: table".to_owned(),
        format!("  +group: {name}"),
        "  # Who may read the tables: `ingot publish --role` writes a file for a role.".to_owned(),
        format!("  +grants: {{select: [{readers}]}}"),
        "  # `ingot check`: each model has an owner, and other groups read only what is public.".to_owned(),
        format!("  +meta: {{require: [owner, group_wall], lake_folder: lake/{name}}}"),
    ]
    .iter()
    .map(|line| format!("{}{line}", " ".repeat(indent)))
    .collect()
}

/// Whether the edit has added the folder's config, and nothing else is another.
fn is_only_more(before: &Node, edited: &str, file: &Path, project: &str, domain: &Domain) -> bool {
    let Ok(after) = yaml::parse(edited, file) else { return false };
    let (before, mut after) = (before.to_json(), after.to_json());
    let Some(models) = after.get_mut("models").and_then(|models| models.get_mut(project)) else {
        return false;
    };
    let Some(models) = models.as_object_mut() else { return false };
    if models.remove(&domain.name).is_none() {
        return false;
    }
    let is_empty = models.is_empty();
    let mut before = before;
    if is_empty && before.pointer(&format!("/models/{project}")).is_none_or(serde_json::Value::is_null) {
        // There was nothing of the project under `models`, or no `models` at all.
        for document in [&mut before, &mut after] {
            if let Some(models) = document.get_mut("models").and_then(serde_json::Value::as_object_mut) {
                models.remove(project);
            }
            let is_bare = document.get("models").is_some_and(|models| {
                models.is_null() || models.as_object().is_some_and(serde_json::Map::is_empty)
            });
            if is_bare && let Some(document) = document.as_object_mut() {
                document.remove("models");
            }
        }
    }
    before == after
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(text: &str) -> Result<String> {
        let domain = Domain { name: "sales".to_owned(), owner: "A".to_owned(), email: None };
        with_folder(text, Path::new("dbt_project.yml"), &domain)
    }

    #[test]
    fn the_config_is_put_into_what_is_there() {
        for text in [
            "name: shop\n",
            "name: shop\nmodels:\n",
            "name: shop\nmodels:\n  other:\n    +enabled: true\nvars: {a: 1}\n",
            "name: shop\nmodels:\n    shop:\n        # first\n        gold:\n            +schema: gold\nvars: {a: 1}\n",
            "models:\n  shop:\n    +materialized: view\nname: shop",
        ] {
            match edit(text) {
                Ok(edited) => {
                    let json = yaml::parse(&edited, Path::new("x")).unwrap().to_json();
                    assert_eq!(json["models"]["shop"]["sales"]["+group"], "sales", "{edited}");
                    assert_eq!(edit(&edited).unwrap(), edited);
                }
                Err(error) => {
                    assert!(error.hint_text().unwrap().contains("+group: sales"), "{text}\n{error}")
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_edited_is_left_alone_and_the_lines_are_told() {
        let error = edit("name: shop\nmodels: {shop: {gold: {+schema: gold}}}\n").unwrap_err();
        assert!(error.hint_text().unwrap().contains("    sales:\n      +schema: sales"), "{error}");
    }
}
