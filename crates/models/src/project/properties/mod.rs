//! YAML property files: descriptions, columns, tests and configs of models, seeds, snapshots; sources.

use crate::graph::node::Column;
use crate::json_values;
use crate::json_values::{Object, Render, object, scalar_text, strings, text};
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::{Error, Result, nearest};
use ingot_core::yaml;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

mod versions;

pub(crate) use versions::VersionEntry;
use versions::{highest, read_versions};

/// A test as it stands in the file, and the line where it does.
#[derive(Debug, Clone)]
pub(crate) struct DeclaredTest {
    pub entry: Json,
    pub line: usize,
    /// The column it is on, quoted if the column asks for it.
    pub column: Option<String>,
    pub column_tags: Vec<String>,
}

/// What one entry under `models:`, `seeds:`, `snapshots:`, … says.
#[derive(Debug, Clone)]
pub(crate) struct Patch {
    /// `models`, `seeds`, `snapshots`, `analyses`, `data_tests`.
    pub kind: &'static str,
    pub name: String,
    pub package_name: String,
    pub file: PathBuf,
    /// Relative to the package's root.
    pub original_file_path: String,
    pub line: usize,
    pub description: String,
    pub columns: Vec<Column>,
    pub tests: Vec<DeclaredTest>,
    pub config: Object,
    pub constraints: Vec<Json>,
    pub deprecation_date: Option<String>,
    /// `ref(...)` or `source(...)` of a snapshot that has no SQL of its own.
    pub relation: Option<String>,
    pub versions: Vec<VersionEntry>,
    /// What `latest_version:` says, or else the highest one.
    pub latest_version: Option<String>,
    /// Which of the versions this patch is for, once [`Patch::for_version`] made it.
    pub version: Option<String>,
}

/// An entry of a section that is kept as it is written: an exposure, a group, a macro.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Entry {
    pub name: String,
    pub package_name: String,
    pub file: PathBuf,
    pub original_file_path: String,
    pub line: usize,
    pub members: Object,
}

/// One table of a source, with what the source says for all its tables.
#[derive(Debug, Clone)]
pub(crate) struct SourceEntry {
    pub package_name: String,
    pub file: PathBuf,
    pub original_file_path: String,
    pub line: usize,
    pub source: Object,
    pub table: Object,
    pub columns: Vec<Column>,
    pub tests: Vec<DeclaredTest>,
}

/// An entry of `unit_tests:`, with nothing but its `config:` rendered.
#[derive(Debug, Clone)]
pub(crate) struct UnitTestEntry {
    pub package_name: String,
    pub file: PathBuf,
    pub original_file_path: String,
    pub line: usize,
    pub members: Object,
}

/// Everything of one file.
#[derive(Debug, Default)]
pub(crate) struct PropertyFile {
    pub patches: Vec<Patch>,
    pub sources: Vec<SourceEntry>,
    pub exposures: Vec<Entry>,
    pub groups: Vec<Entry>,
    pub macros: Vec<Entry>,
    pub unit_tests: Vec<UnitTestEntry>,
    /// What was passed over, for a warning.
    pub warnings: Vec<Warning>,
}

const SECTIONS: &[&str] = &[
    "version",
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
    "metrics",
    "semantic_models",
    "saved_queries",
    "functions",
    "anchors",
];

/// Keys whose strings are rendered later, with the tests and the docs.
fn rendered_while_reading(path: &[&str]) -> bool {
    !path.iter().any(|key| {
        matches!(
            *key,
            "tests"
                | "data_tests"
                | "description"
                | "loaded_at_query"
                | "pre_hook"
                | "post_hook"
                | "pre-hook"
                | "post-hook"
        )
    })
}

/// Which file this is, for the reader.
pub(crate) struct Origin<'a> {
    pub package_name: &'a str,
    pub file: &'a Path,
    pub original_file_path: &'a str,
}

/// Reads one file.
pub(crate) fn read(origin: &Origin, render_text: Render) -> Result<PropertyFile> {
    let document = yaml::read(origin.file)?;
    let mut out = PropertyFile::default();
    let Some(top) = document.as_map() else {
        return if document.is_null() {
            Ok(out)
        } else {
            Err(Error::new(format!("a properties file must be a mapping, and this is {}", document.kind()))
                .at(origin.file)
                .hint("start it with `models:` or `sources:`"))
        };
    };
    for (key, section) in top {
        let kind = match key.as_str() {
            "models" => "models",
            "seeds" => "seeds",
            "snapshots" => "snapshots",
            "analyses" => "analyses",
            "tests" | "data_tests" => "data_tests",
            "sources" => {
                for entry in entries(section, key, origin)? {
                    read_source(entry, origin, render_text, &mut out)?;
                }
                continue;
            }
            "unit_tests" => {
                for entry in entries(section, key, origin)? {
                    let wanted = |path: &[&str]| path.first() == Some(&"config");
                    let members = json_values::render(entry, origin.file, &wanted, render_text)?;
                    out.unit_tests.push(UnitTestEntry {
                        package_name: origin.package_name.to_owned(),
                        file: origin.file.to_path_buf(),
                        original_file_path: origin.original_file_path.to_owned(),
                        line: entry.line,
                        members: members.as_object().cloned().unwrap_or_default(),
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
                    into.push(read_entry(entry, key, origin, render_text)?);
                }
                continue;
            }
            "metrics" | "semantic_models" | "saved_queries" | "functions" => {
                let text = format!(
                    "{}: `{key}` is not supported yet and was passed over",
                    origin.original_file_path
                );
                out.warnings.push(Warning::new(WarningKind::NotSupported, text));
                continue;
            }
            _ => {
                if let Some(near) = nearest(key, SECTIONS.iter().copied())
                    && near != key
                {
                    return Err(Error::new(format!("unknown section '{key}'"))
                        .at_line(origin.file, section.line)
                        .hint(format!("did you mean '{near}'?")));
                }
                continue;
            }
        };
        for entry in entries(section, key, origin)? {
            out.patches.push(read_patch(entry, kind, origin, render_text)?);
        }
    }
    Ok(out)
}

fn entries<'n>(section: &'n yaml::Node, key: &str, origin: &Origin) -> Result<&'n [yaml::Node]> {
    match &section.value {
        yaml::Value::List(items) => Ok(items),
        yaml::Value::Null => Ok(&[]),
        _ => Err(Error::new(format!("`{key}:` must be a list, and is {}", section.kind()))
            .at_line(origin.file, section.line)
            .hint(format!("write it as\n  {key}:\n    - name: ..."))),
    }
}

fn entry_name(entry: &yaml::Node, key: &str, origin: &Origin) -> Result<String> {
    entry.get("name").and_then(yaml::Node::scalar_text).ok_or_else(|| {
        Error::new(format!("an entry of `{key}:` has no name"))
            .at_line(origin.file, entry.line)
            .hint("every entry starts with `- name: ...`")
    })
}

fn rendered(entry: &yaml::Node, origin: &Origin, render_text: Render) -> Result<Object> {
    match json_values::render(entry, origin.file, &rendered_while_reading, render_text)? {
        Json::Object(members) => Ok(members),
        _ => Err(Error::new(format!("an entry must be a mapping, and this is {}", entry.kind()))
            .at_line(origin.file, entry.line)),
    }
}

fn read_entry(entry: &yaml::Node, key: &str, origin: &Origin, render_text: Render) -> Result<Entry> {
    Ok(Entry {
        name: entry_name(entry, key, origin)?,
        package_name: origin.package_name.to_owned(),
        file: origin.file.to_path_buf(),
        original_file_path: origin.original_file_path.to_owned(),
        line: entry.line,
        members: rendered(entry, origin, render_text)?,
    })
}

fn read_patch(entry: &yaml::Node, kind: &'static str, origin: &Origin, render_text: Render) -> Result<Patch> {
    let name = entry_name(entry, kind, origin)?;
    let members = rendered(entry, origin, render_text)?;
    let config = config_of(&members);
    let mut tests = declared_tests(entry, None, &[], origin)?;
    let columns = read_columns(entry, &members, origin, &mut tests)?;
    let versions = read_versions(entry, &members, origin)?;
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
        constraints: members.get("constraints").and_then(Json::as_array).cloned().unwrap_or_default(),
        deprecation_date: members.get("deprecation_date").and_then(scalar_text),
        relation: text(&members, "relation").filter(|_| kind == "snapshots"),
        latest_version: members.get("latest_version").and_then(scalar_text).or_else(|| highest(&versions)),
        versions,
        version: None,
    })
}

/// What stands under `config:`, and the configs that may also stand beside it.
fn config_of(members: &Object) -> Object {
    let mut config = object(members, "config");
    for key in ["meta", "docs", "group", "access"] {
        if let Some(value) = members.get(key).filter(|value| !value.is_null()) {
            match (config.get_mut(key), value) {
                (Some(Json::Object(inner)), Json::Object(outer)) => {
                    for (key, value) in outer {
                        inner.entry(key.clone()).or_insert_with(|| value.clone());
                    }
                }
                (Some(_), _) => {}
                (None, value) => {
                    config.insert(key.to_owned(), value.clone());
                }
            }
        }
    }
    config
}

fn read_columns(
    entry: &yaml::Node,
    members: &Object,
    origin: &Origin,
    tests: &mut Vec<DeclaredTest>,
) -> Result<Vec<Column>> {
    let quote_all = members.get("quote_columns").and_then(Json::as_bool).unwrap_or(false);
    let nodes = match entry.get("columns") {
        None => return Ok(Vec::new()),
        Some(node) if node.is_null() => return Ok(Vec::new()),
        Some(node) => node.as_list().ok_or_else(|| {
            Error::new(format!("`columns:` must be a list, and is {}", node.kind()))
                .at_line(origin.file, node.line)
                .hint("write each column as `- name: ...`")
        })?,
    };
    let values = members.get("columns").and_then(Json::as_array).cloned().unwrap_or_default();
    let mut columns = Vec::with_capacity(nodes.len());
    for (node, value) in nodes.iter().zip(values) {
        // A version's `include: all` has no name; it is looked at where versions are.
        if node.get("include").is_some() || node.get("exclude").is_some() {
            continue;
        }
        let name = entry_name(node, "columns", origin)?;
        let Json::Object(mut members) = value else { continue };
        let config = object(&members, "config");
        let mut tags = strings(members.get("tags"));
        tags.extend(strings(config.get("tags")));
        let quote = members.get("quote").and_then(Json::as_bool);
        let quoted = quote.unwrap_or(quote_all);
        let column = if quoted { format!("\"{name}\"") } else { name.clone() };
        tests.extend(declared_tests(node, Some(&column), &tags, origin)?);
        let mut meta = object(&members, "meta");
        meta.extend(object(&config, "meta"));
        let out = Column {
            name,
            description: text(&members, "description").unwrap_or_default(),
            data_type: text(&members, "data_type"),
            quote,
            meta,
            tags,
            constraints: members.get("constraints").and_then(Json::as_array).cloned().unwrap_or_default(),
            doc_blocks: Vec::new(),
            extra: Object::new(),
        };
        for known in [
            "name",
            "description",
            "data_type",
            "quote",
            "meta",
            "tags",
            "constraints",
            "tests",
            "data_tests",
            "config",
        ] {
            members.shift_remove(known);
        }
        columns.push(Column { extra: members, ..out });
    }
    Ok(columns)
}

fn declared_tests(
    node: &yaml::Node,
    column: Option<&str>,
    column_tags: &[String],
    origin: &Origin,
) -> Result<Vec<DeclaredTest>> {
    let mut out = Vec::new();
    for key in ["tests", "data_tests"] {
        let Some(list) = node.get(key).filter(|list| !list.is_null()) else { continue };
        for test in entries(list, key, origin)? {
            out.push(DeclaredTest {
                entry: test.to_json(),
                line: test.line,
                column: column.map(str::to_owned),
                column_tags: column_tags.to_vec(),
            });
        }
    }
    Ok(out)
}

fn read_source(
    entry: &yaml::Node,
    origin: &Origin,
    render_text: Render,
    out: &mut PropertyFile,
) -> Result<()> {
    entry_name(entry, "sources", origin)?;
    let mut source = rendered(entry, origin, render_text)?;
    let tables =
        source.shift_remove("tables").and_then(|tables| tables.as_array().cloned()).unwrap_or_default();
    let nodes = match entry.get("tables") {
        Some(node) => entries(node, "tables", origin)?,
        None => &[],
    };
    for (node, table) in nodes.iter().zip(tables) {
        entry_name(node, "tables", origin)?;
        let Json::Object(table) = table else { continue };
        let mut tests = declared_tests(node, None, &[], origin)?;
        let columns = read_columns(node, &table, origin, &mut tests)?;
        out.sources.push(SourceEntry {
            package_name: origin.package_name.to_owned(),
            file: origin.file.to_path_buf(),
            original_file_path: origin.original_file_path.to_owned(),
            line: node.line,
            source: source.clone(),
            table,
            columns,
            tests,
        });
    }
    Ok(())
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
    fn a_misspelt_section_is_refused() {
        let error = parse("version: 2\nmodel:\n  - name: a\n").unwrap_err();
        assert_eq!(error.hint_text(), Some("did you mean 'models'?"));
    }
}
