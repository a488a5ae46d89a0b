//! `overrides: package` of a source: what the root project says of a source of a package, in place of what the package says.
//! <https://github.com/dbt-labs/dbt-core/blob/v1.11.14/core/dbt/parser/sources.py> (patch_source)

use crate::json_values::{Object, text};
use crate::project::properties::property_file::SourceEntry;
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::Error;
use serde_json::json;

/// Keys that say which source is meant, and are not put in the place of the package's.
const NAMES: [&str; 3] = ["name", "overrides", "tables"];

/// The sources as they are once overrides are put in place; those that override are no sources themselves.
pub(super) fn put_in_place(
    entries: &[SourceEntry],
    errors: &mut Vec<Error>,
    warnings: &mut Vec<Warning>,
) -> Vec<SourceEntry> {
    let (overrides, mut sources): (Vec<SourceEntry>, Vec<SourceEntry>) =
        entries.iter().cloned().partition(|entry| text(&entry.source, "overrides").is_some());
    for (index, own) in overrides.iter().enumerate() {
        let (package, source) = target(own);
        let is_other = |other: &&SourceEntry| target(other) == target(own) && other.file != own.file;
        if let Some(other) = overrides[..index].iter().find(is_other) {
            errors.push(twice(own, other, &package, &source));
            continue;
        }
        let table = text(&own.table, "name");
        let mut is_used = table.is_none();
        for entry in &mut sources {
            let is_it =
                entry.package_name == package && text(&entry.source, "name").as_ref() == Some(&source);
            if !is_it {
                continue;
            }
            update(&mut entry.source, &own.source);
            for (given, place) in own.unrendered.iter().zip(&mut entry.unrendered) {
                if given.is_some() {
                    place.clone_from(given);
                }
            }
            if table.is_some() && table == text(&entry.table, "name") {
                update_table(entry, own);
                is_used = true;
            }
        }
        if !is_used {
            warnings.push(unused(own, &package, &source));
        }
    }
    sources
}

/// The package and the name of the source that is meant.
fn target(entry: &SourceEntry) -> (String, String) {
    let said = |key: &str| text(&entry.source, key).unwrap_or_default();
    (said("overrides"), said("name"))
}

fn update(old: &mut Object, new: &Object) {
    for (key, value) in new.iter().filter(|(key, value)| !NAMES.contains(&key.as_str()) && !value.is_null()) {
        old.insert(key.clone(), value.clone());
    }
}

/// Columns and tests that are given take the place of the package's.
fn update_table(entry: &mut SourceEntry, own: &SourceEntry) {
    update(&mut entry.table, &own.table);
    if !own.columns.is_empty() {
        entry.columns.clone_from(&own.columns);
        entry.tests.retain(|test| test.column.is_none());
    }
    if own.tests.iter().any(|test| test.column.is_none()) {
        entry.tests.retain(|test| test.column.is_some());
    }
    entry.tests.extend(own.tests.iter().cloned());
}

fn twice(own: &SourceEntry, other: &SourceEntry, package: &str, source: &str) -> Error {
    let words = format!(
        "dbt found two schema.yml entries for the same source named {source} in package {package}. Sources may only be overridden a single time."
    );
    Error::new(format!("the source '{source}' of the package '{package}' is overridden twice"))
        .in_dbts_words(words)
        .at_line(&own.original_file_path, own.line)
        .hint(format!("the other place is {}:{}; join the two", other.original_file_path, other.line))
}

fn unused(own: &SourceEntry, package: &str, source: &str) -> Warning {
    let table = text(&own.table, "name").unwrap_or_default();
    let text = format!(
        "{}:{} overrides the table '{table}' of the source '{source}' of the package '{package}', and there is none",
        own.original_file_path, own.line
    );
    let name = format!("{package}.{source}.{table}");
    let words = format!("During parsing, dbt encountered source overrides that had no target:\n{name}");
    Warning::new(WarningKind::UnusedTables, text).with(json!({"unused_tables": [name]})).in_dbts_words(words)
}
