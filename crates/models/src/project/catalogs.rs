//! `catalogs.yml`: which catalogs tables are written to, of which DuckDB has none. The file is checked as dbt checks it, and
//! nothing else is done with it.
//! <https://github.com/dbt-labs/dbt-core/blob/v1.11.14/core/dbt/config/catalogs.py>

use crate::json_values::{self, Render};
use crate::project::yaml_files;
use ingot_core::error::{Error, Result};
use serde_json::Value as Json;
use std::path::Path;

/// Checks the file of the project in `root`, if it has one.
///
/// # Errors
/// A catalog does not say which of its integrations is in use, names one that it does not have, or has two of one name.
pub(crate) fn check(root: &Path, render: Render) -> Result<()> {
    let file = root.join("catalogs.yml");
    if !file.is_file() {
        return Ok(());
    }
    let document = yaml_files::read_last_of_repeated(&file)?;
    let document = json_values::render(&document, &file, &|_| true, render)?;
    let catalogs = document.get("catalogs").and_then(Json::as_array).into_iter().flatten();
    catalogs.into_iter().try_for_each(|catalog| check_one(catalog).map_err(|error| error.at(&file)))
}

fn check_one(catalog: &Json) -> Result<()> {
    let name = catalog.get("name").and_then(Json::as_str).ok_or_else(|| {
        Error::new("a catalog has no name").hint("every entry of `catalogs:` starts with `- name: ...`")
    })?;
    let integrations =
        catalog.get("write_integrations").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let mut names: Vec<&str> = Vec::new();
    for integration in integrations {
        let own = integration.get("name").and_then(Json::as_str).unwrap_or_default();
        if names.contains(&own) {
            let words = format!(
                "Catalog '{name}' cannot have multiple 'write_integrations' with the same name: '{own}'."
            );
            return Err(Error::new(format!("the catalog '{name}' has two write_integrations '{own}'"))
                .in_dbts_words(words)
                .hint("rename one of the two"));
        }
        names.push(own);
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    let quoted = quoted.join(", ");
    match catalog.get("active_write_integration").and_then(Json::as_str).filter(|active| !active.is_empty()) {
        None if names.len() == 1 => Ok(()),
        None => {
            let words = format!(
                "Catalog '{name}' must specify an 'active_write_integration' when multiple 'write_integrations' are provided."
            );
            Err(Error::new(format!(
                "the catalog '{name}' does not say which of its write_integrations is in use"
            ))
            .in_dbts_words(words)
            .hint(format!("add `active_write_integration:` with one of {quoted}")))
        }
        Some(active) if names.contains(&active) => Ok(()),
        Some(active) => {
            let words = format!(
                "Catalog '{name}' must specify an 'active_write_integration' from its set of defined 'write_integrations': [{quoted}]. Got: '{active}'."
            );
            Err(Error::new(format!("the catalog '{name}' has no write_integration '{active}'"))
                .in_dbts_words(words)
                .hint(format!("it has {quoted}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<()> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("catalogs.yml"), text).unwrap();
        check(folder.path(), &|text| Ok(text.into()))
    }

    #[test]
    fn one_integration_of_a_catalog_is_in_use() {
        let two = "catalogs:\n  - name: c\n    write_integrations: [{name: a}, {name: b}]\n";
        checked(&format!("{two}    active_write_integration: a\n")).unwrap();
        checked("catalogs:\n  - name: c\n    write_integrations: [{name: a}]\n").unwrap();
        let words = |text: &str| checked(text).unwrap_err().dbts_words().unwrap_or_default().to_owned();
        assert!(words(two).contains("must specify an 'active_write_integration' when"));
        let other = words(&format!("{two}    active_write_integration: d\n"));
        assert!(other.ends_with("['a', 'b']. Got: 'd'."), "{other}");
        let twice = words("catalogs:\n  - name: c\n    write_integrations: [{name: a}, {name: a}]\n");
        assert!(twice.ends_with("with the same name: 'a'."), "{twice}");
        check(Path::new("nowhere"), &|text| Ok(text.into())).unwrap();
    }
}
