//! Keys of entries that nothing reads and that look like one that is read: `coloumns:`. Others may be a tool's own.

use crate::json_values::Object;
use crate::project::properties::property_file::Origin;
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::nearest;
use ingot_core::yaml;
use serde_json::{Value as Json, json};

/// What dbt reads of models, seeds, snapshots, tests, sources and their tables, macros, exposures, groups, unit tests.
const OF_ENTRIES: &[&str] = &[
    "access",
    "arguments",
    "columns",
    "config",
    "constraints",
    "data_tests",
    "database",
    "defined_in",
    "depends_on",
    "deprecation_date",
    "description",
    "docs",
    "expect",
    "external",
    "freshness",
    "given",
    "group",
    "identifier",
    "label",
    "latest_version",
    "loaded_at_field",
    "loaded_at_query",
    "loader",
    "maturity",
    "meta",
    "model",
    "name",
    "overrides",
    "owner",
    "quote_columns",
    "quoting",
    "relation",
    "returns",
    "schema",
    "tables",
    "tags",
    "tests",
    "time_spine",
    "type",
    "url",
    "versions",
];

/// What dbt reads of columns, and adapters beside it.
const OF_COLUMNS: &[&str] = &[
    "config",
    "constraints",
    "data_tests",
    "data_type",
    "description",
    "dimension",
    "entity",
    "exclude",
    "granularity",
    "include",
    "meta",
    "name",
    "policy_tags",
    "quote",
    "tags",
    "tests",
];

/// The JSON Schema of files with properties, for editors: lists of entries under `sections`, and whatever is under `others`.
/// Keys of other tools are allowed.
pub(super) fn json_schema(sections: &[&str], others: &[&str]) -> Json {
    let of = |key: &str| match key {
        "columns" => json!({"type": ["array", "object", "null"], "items": {"$ref": "#/$defs/column"}}),
        "tables" => json!({"type": ["array", "null"], "items": {"$ref": "#/$defs/entry"}}),
        "tests" | "data_tests" | "constraints" | "versions" | "given" => json!({"type": ["array", "null"]}),
        "config" | "meta" | "quoting" => json!({"type": ["object", "null"]}),
        "name" | "description" | "data_type" => json!({"type": ["string", "number", "null"]}),
        "tags" => json!({"type": ["string", "array", "null"]}),
        _ => json!({}),
    };
    let properties =
        |keys: &[&str]| -> Object { keys.iter().map(|key| ((*key).to_owned(), of(key))).collect() };
    let entries = json!({"type": ["array", "null"], "items": {"$ref": "#/$defs/entry"}});
    let top: Object = sections
        .iter()
        .map(|key| ((*key).to_owned(), entries.clone()))
        .chain(others.iter().map(|key| ((*key).to_owned(), json!({}))))
        .collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Properties of models, sources, seeds, snapshots, macros, exposures and tests of dbt",
        "type": ["object", "null"],
        "properties": top,
        "$defs": {
            "entry": {"type": "object", "properties": properties(OF_ENTRIES)},
            "column": {"type": "object", "properties": properties(OF_COLUMNS)},
        },
    })
}

/// Adds a warning for each such key of an entry, of its columns and of its tables.
pub(super) fn check(entry: &yaml::Node, origin: &Origin, warnings: &mut Vec<Warning>) {
    check_keys(entry, OF_ENTRIES, origin, warnings);
    let below = |key: &str| entry.get(key).and_then(yaml::Node::as_list).unwrap_or_default();
    for column in below("columns") {
        check_keys(column, OF_COLUMNS, origin, warnings);
    }
    for table in below("tables") {
        check(table, origin, warnings);
    }
}

fn check_keys(entry: &yaml::Node, known: &[&str], origin: &Origin, warnings: &mut Vec<Warning>) {
    for (key, value) in entry.as_map().into_iter().flatten() {
        if known.contains(&key.as_str()) {
            continue;
        }
        let Some(near) = nearest(key, known.iter().copied()) else { continue };
        let file = origin.original_file_path;
        let text = format!("{file}:{}: nothing reads the key '{key}'; did you mean '{near}'?", value.line);
        let data = json!({"key": key, "file": file});
        warnings.push(Warning::new(WarningKind::CustomKeyInObjectDeprecation, text).with(data));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn warned(text: &str) -> Vec<String> {
        let file = Path::new("models/schema.yml");
        let origin = Origin { package_name: "shop", file, original_file_path: "models/schema.yml" };
        let mut warnings = Vec::new();
        check(&yaml::parse(text, file).unwrap(), &origin, &mut warnings);
        warnings.into_iter().map(|warning| warning.text).collect()
    }

    #[test]
    fn slips_are_told_with_their_line_and_the_keys_of_others_are_not() {
        assert_eq!(
            warned("name: a\ncoloumns:\n  - name: b\n"),
            ["models/schema.yml:2: nothing reads the key 'coloumns'; did you mean 'columns'?"]
        );
        assert_eq!(
            warned("name: a\ntables:\n  - name: b\n    columns:\n      - name: c\n        data_tpye: int\n"),
            ["models/schema.yml:6: nothing reads the key 'data_tpye'; did you mean 'data_type'?"]
        );
        assert!(warned("name: a\nowned_by_team: x\ncolumns:\n  - name: b\n    pii_class: y\n").is_empty());
    }
}
