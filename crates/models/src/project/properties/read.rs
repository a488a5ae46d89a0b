//! Reads one property file.

use crate::context::references;
use crate::graph::property_entry::Entry;
use crate::json_values;
use crate::json_values::{Render, scalar_text, text};
use crate::project::properties::entries::{
    config_of, constraints_of, declared_tests, entries, entry_name, members_of, read_columns, refuse_doubled,
    refuse_no_meta, rendered_while_reading,
};
use crate::project::properties::property_file::{Origin, Patch, PropertyFile, SourceEntry, UnitTestEntry};
use crate::project::properties::unknown_keys;
use crate::project::properties::versions::{highest, read_versions};
use crate::project::properties::{functions, moments, semantics, time_spine};
use crate::project::yaml_files;
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::{Error, Result, nearest};
use ingot_core::yaml;
use serde_json::Value as Json;

/// Sections whose entries are looked at for keys that nothing reads.
const CHECKED: [&str; 12] = [
    "models",
    "seeds",
    "snapshots",
    "analyses",
    "sources",
    "macros",
    "exposures",
    "groups",
    "data_tests",
    "tests",
    "unit_tests",
    "functions",
];

/// The other sections that dbt knows.
const OTHERS: [&str; 5] = ["version", "metrics", "semantic_models", "saved_queries", "anchors"];

/// The JSON Schema of property files, for editors.
pub(crate) fn json_schema() -> Json {
    unknown_keys::json_schema(&CHECKED, &OTHERS)
}

/// Reads one file.
pub(crate) fn read(origin: &Origin, render_text: Render) -> Result<PropertyFile> {
    let mut out = PropertyFile::default();
    let document = yaml_files::read(origin.file, origin.original_file_path, &mut out.warnings)?;
    let Some(top) = document.as_map() else {
        return if document.is_null() {
            Ok(out)
        } else {
            Err(Error::new(format!("a properties file must be a mapping, and this is {}", document.kind()))
                .in_dbts_words("Dictionary expected")
                .at(origin.file)
                .hint("start it with `models:` or `sources:`"))
        };
    };
    for (key, section) in top {
        if CHECKED.contains(&key.as_str()) {
            for entry in section.as_list().unwrap_or_default() {
                unknown_keys::check(entry, origin, &mut out.warnings);
            }
        }
        let kind = match key.as_str() {
            "models" => "models",
            "seeds" => "seeds",
            "snapshots" => "snapshots",
            "analyses" => "analyses",
            "functions" => "functions",
            "tests" | "data_tests" => "data_tests",
            "sources" => {
                for entry in entries(section, key, origin)? {
                    read_source(entry, origin, render_text, &mut out)?;
                }
                continue;
            }
            "unit_tests" => {
                for entry in entries(section, key, origin)? {
                    let entry = moments::in_rows(entry, origin.file);
                    let members = members_of(&entry, key, origin, &rendered_while_reading, render_text)?;
                    out.unit_tests.push(UnitTestEntry {
                        package_name: origin.package_name.to_owned(),
                        file: origin.file.to_path_buf(),
                        original_file_path: origin.original_file_path.to_owned(),
                        line: entry.line,
                        members,
                    });
                }
                continue;
            }
            "macros" | "exposures" | "groups" => {
                let into = match key.as_str() {
                    "macros" => &mut out.macros,
                    "exposures" => &mut out.exposures,
                    _ => &mut out.groups,
                };
                for entry in entries(section, key, origin)? {
                    into.push(read_entry(entry, key, origin, &rendered_while_reading, render_text)?);
                }
                continue;
            }
            "metrics" | "semantic_models" | "saved_queries" => {
                let (into, wanted) = match key.as_str() {
                    "metrics" => (&mut out.metrics, semantics::rendered_of_metric as Wanted),
                    "saved_queries" => (&mut out.saved_queries, semantics::rendered_of_saved_query as Wanted),
                    _ => (&mut out.semantic_models, semantics::rendered_of_semantic_model as Wanted),
                };
                for entry in entries(section, key, origin)? {
                    into.push(read_entry(entry, key, origin, &wanted, render_text)?);
                }
                continue;
            }
            _ => {
                // As under dbt, a warning: the section may be another tool's.
                out.warnings.extend(unknown_section(origin, key, section.line));
                continue;
            }
        };
        let read = entries(section, key, origin).and_then(|list| {
            list.iter().map(|entry| read_patch(entry, kind, origin, render_text)).collect::<Result<Vec<_>>>()
        });
        match read {
            Ok(patches) => out.patches.extend(patches),
            // As under dbt, tests are run whether they are described or not.
            Err(error) if kind == "data_tests" => out.warnings.push(unread_tests(origin, &error)),
            Err(error) => return Err(error),
        }
    }
    Ok(out)
}

/// The warning about a section `data_tests:` that is passed over.
fn unread_tests(origin: &Origin, error: &Error) -> Warning {
    let file = origin.original_file_path;
    let line = error.place().and_then(|place| place.line).map(|line| format!(":{line}")).unwrap_or_default();
    let text = format!("{file}{line}: the section `data_tests:` is passed over: {}", error.message());
    let said = error.dbts_words().map_or_else(|| error.message().to_owned(), |words| words.to_string());
    let words = format!("Unable to parse 'data_tests' section of file '{file}'\n{said}");
    Warning::new(WarningKind::WrongResourceSchemaFile, text).in_dbts_words(words)
}

/// The warning about a section that nobody reads.
fn unknown_section(origin: &Origin, key: &str, line: usize) -> Option<Warning> {
    let near = nearest(key, CHECKED.into_iter().chain(OTHERS)).filter(|near| *near != key)?;
    let file = origin.original_file_path;
    let text = format!("{file}:{line}: the section '{key}' is passed over; did you mean '{near}'?");
    let words = format!("Unexpected top-level key {key} in file `{file}`");
    let warning = Warning::new(WarningKind::CustomTopLevelKeyDeprecation, text).in_dbts_words(words);
    Some(warning)
}

/// Whether a string at a path of keys is rendered when the file is read.
type Wanted = fn(&[&str]) -> bool;

fn read_entry(
    entry: &yaml::Node,
    key: &str,
    origin: &Origin,
    wanted: json_values::Wanted,
    render_text: Render,
) -> Result<Entry> {
    let members = members_of(entry, key, origin, wanted, render_text)?;
    refuse_no_meta(entry, &members, origin)?;
    Ok(Entry {
        name: entry_name(&members, entry, key, origin)?,
        package_name: origin.package_name.to_owned(),
        file: origin.file.to_path_buf(),
        original_file_path: origin.original_file_path.to_owned(),
        line: entry.line,
        members,
    })
}

fn read_patch(entry: &yaml::Node, kind: &'static str, origin: &Origin, render_text: Render) -> Result<Patch> {
    let members = members_of(entry, kind, origin, &rendered_while_reading, render_text)?;
    refuse_doubled(entry, &members, origin)?;
    let name = entry_name(&members, entry, kind, origin)?;
    let config = config_of(&members);
    let unrendered_config = entry.to_json().as_object().map(config_of).unwrap_or_default();
    let mut tests = declared_tests(entry, None, &[], origin)?;
    let columns = read_columns(entry, &members, origin, &mut tests)?;
    let versions = read_versions(entry, &members, origin)?;
    if kind == "models" {
        check_latest(entry, &members, &name, origin)?;
        moments::check_deprecation_date(entry, &members, &name, origin)?;
    }
    let constraints = match kind {
        "models" => constraints_of(entry, &members, &format!("model {name}"), origin)?,
        _ => members.get("constraints").and_then(Json::as_array).cloned().unwrap_or_default(),
    };
    let relation = text(&members, "relation").filter(|_| kind == "snapshots");
    if let Some(relation) = relation.as_ref().filter(|relation| !references::is_reference(relation)) {
        let line = entry.get("relation").map_or(entry.line, |node| node.line);
        return Err(Error::new(format!("the relation of the snapshot '{name}' is {relation}"))
            .in_dbts_words(format!("Invalid ref or source expression: {relation}"))
            .at_line(origin.file, line)
            .hint("write relation: ref('model') or relation: source('source', 'table')"));
    }
    let time_spine =
        (kind == "models").then(|| time_spine::read(entry, &members, &columns, origin)).transpose()?;
    let function = (kind == "functions").then(|| functions::read(entry, &members, origin)).transpose()?;
    Ok(Patch {
        kind,
        name,
        package_name: origin.package_name.to_owned(),
        file: origin.file.to_path_buf(),
        original_file_path: origin.original_file_path.to_owned(),
        line: entry.line,
        description: text(&members, "description").unwrap_or_default(),
        columns,
        tests,
        config,
        unrendered_config,
        constraints,
        deprecation_date: members.get("deprecation_date").and_then(scalar_text),
        time_spine: time_spine.flatten(),
        function,
        relation,
        latest_version: members.get("latest_version").and_then(scalar_text).or_else(|| highest(&versions)),
        versions,
        version: None,
    })
}

/// The latest version of a model is one of its versions. (`UnparsedModelUpdate.__post_init__` in
/// <https://github.com/dbt-labs/dbt-core/blob/1.11.latest/core/dbt/contracts/graph/unparsed.py>)
///
/// # Errors
/// It is none, with its line.
fn check_latest(
    entry: &yaml::Node,
    members: &json_values::Object,
    name: &str,
    origin: &Origin,
) -> Result<()> {
    let Some(latest) = members.get("latest_version").filter(|latest| !matches!(latest, Json::Null)) else {
        return Ok(());
    };
    let is_nothing = latest.as_str() == Some("") || latest.as_f64() == Some(0.0);
    let versions = members.get("versions").and_then(Json::as_array).into_iter().flatten();
    let versions: Vec<Json> = versions.filter_map(|version| version.get("v").cloned()).collect();
    let is_latest = |version: &Json| match (version.as_f64(), latest.as_f64()) {
        (Some(version), Some(latest)) => version == latest,
        _ => version == latest,
    };
    if is_nothing || versions.iter().any(is_latest) {
        return Ok(());
    }
    let known: Vec<String> = versions.iter().map(Json::to_string).collect();
    let words = format!(
        "latest_version: {} is not one of model '{name}' versions: {} ",
        json_values::python_str(latest),
        json_values::python_repr(&Json::Array(versions))
    );
    let line = entry.get("latest_version").map_or(entry.line, |node| node.line);
    let what = format!("the latest_version of '{name}' is {latest}, which is not one of its versions");
    Err(Error::new(what).in_dbts_words(words).at_line(origin.file, line).hint(match known.is_empty() {
        true => "it has none: list them under `versions:`, or take `latest_version:` out".to_owned(),
        false => format!("its versions: {}", known.join(", ")),
    }))
}

fn read_source(
    entry: &yaml::Node,
    origin: &Origin,
    render_text: Render,
    out: &mut PropertyFile,
) -> Result<()> {
    let mut source = members_of(entry, "sources", origin, &rendered_while_reading, render_text)?;
    refuse_no_meta(entry, &source, origin)?;
    let tables =
        source.shift_remove("tables").and_then(|tables| tables.as_array().cloned()).unwrap_or_default();
    let nodes = match entry.get("tables") {
        Some(node) => entries(node, "tables", origin)?,
        None => &[],
    };
    if nodes.is_empty() && source.contains_key("overrides") {
        // Of all tables that the package has.
        out.sources.push(source_entry(entry, entry, source.clone(), json_values::Object::new(), origin)?);
    }
    for (node, table) in nodes.iter().zip(tables) {
        let Json::Object(table) = table else { continue };
        refuse_no_meta(node, &table, origin)?;
        out.sources.push(source_entry(entry, node, source.clone(), table, origin)?);
    }
    Ok(())
}

/// One table of a source; `node` is where it is written.
fn source_entry(
    entry: &yaml::Node,
    node: &yaml::Node,
    source: json_values::Object,
    table: json_values::Object,
    origin: &Origin,
) -> Result<SourceEntry> {
    let (mut tests, mut columns) = (Vec::new(), Vec::new());
    if !table.is_empty() {
        tests = declared_tests(node, None, &[], origin)?;
        columns = read_columns(node, &table, origin, &mut tests)?;
    }
    Ok(SourceEntry {
        package_name: origin.package_name.to_owned(),
        file: origin.file.to_path_buf(),
        original_file_path: origin.original_file_path.to_owned(),
        line: node.line,
        source,
        unrendered: ["database", "schema"].map(|key| entry.get(key).and_then(yaml::Node::scalar_text)),
        table,
        columns,
        tests,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<PropertyFile> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("schema.yml");
        std::fs::write(&file, text).unwrap();
        let origin = Origin { package_name: "shop", file: &file, original_file_path: "models/schema.yml" };
        read(&origin, &|text| Ok(Json::String(format!("<{text}>"))))
    }

    #[test]
    fn columns_carry_their_tests_and_tests_stay_unrendered() {
        let file = parse(
            "version: 2\nmodels:\n  - name: a\n    description: \"{{ doc('a') }}\"\n    config: {schema: \"{{ var('s') }}\"}\n    columns:\n      - name: id\n        quote: true\n        data_tests:\n          - unique\n          - relationships: {to: \"ref('b')\", field: \"{{ x }}\"}\n",
        )
        .unwrap();
        let patch = &file.patches[0];
        assert_eq!(patch.config["schema"], "<{{ var('s') }}>");
        assert_eq!(patch.description, "{{ doc('a') }}");
        assert_eq!(patch.tests.len(), 2);
        assert_eq!(patch.tests[0].column.as_deref(), Some("\"id\""));
        assert_eq!(patch.tests[1].line, 11);
    }

    #[test]
    fn a_misspelt_section_is_told() {
        let file = parse("version: 2\nmodel:\n  - name: a\nx-of-another-tool: 1\n").unwrap();
        let told: Vec<&str> = file.warnings.iter().map(|warning| warning.text.as_str()).collect();
        assert_eq!(told, ["models/schema.yml:2: the section 'model' is passed over; did you mean 'models'?"]);
    }

    #[test]
    fn tests_that_are_described_wrongly_are_told() {
        let file = parse("data_tests:\n  - description: it has no name\n").unwrap();
        assert_eq!((file.patches.len(), file.warnings.len()), (0, 1));
        assert!(
            file.warnings[0].text.ends_with("an entry of `data_tests:` has no name"),
            "{:?}",
            file.warnings
        );
        assert!(parse("models:\n  - description: it has no name\n").is_err());
    }
}
