//! Parts that the entries of all sections have: names, configs, columns, tests.

use crate::graph::column::Column;
use crate::json_values;
use crate::json_values::{Object, Render, object, strings, text};
use crate::project::properties::property_file::{DeclaredTest, Origin};
use ingot_core::error::{Error, Result};
use ingot_core::yaml;
use serde_json::Value as Json;

pub(super) fn entries<'n>(section: &'n yaml::Node, key: &str, origin: &Origin) -> Result<&'n [yaml::Node]> {
    match &section.value {
        yaml::Value::List(items) => Ok(items),
        yaml::Value::Null => Ok(&[]),
        _ => Err(Error::new(format!("`{key}:` must be a list, and is {}", section.kind()))
            .in_dbts_words(format!("'{key}' is not a list"))
            .at_line(origin.file, section.line)
            .hint(format!("write it as\n  {key}:\n    - name: ..."))),
    }
}

pub(super) fn entry_name(entry: &yaml::Node, key: &str, origin: &Origin) -> Result<String> {
    entry.get("name").and_then(yaml::Node::scalar_text).ok_or_else(|| {
        Error::new(format!("an entry of `{key}:` has no name"))
            .in_dbts_words("Entry did not contain a name")
            .at_line(origin.file, entry.line)
            .hint("every entry starts with `- name: ...`")
    })
}

pub(super) fn rendered(entry: &yaml::Node, origin: &Origin, render_text: Render) -> Result<Object> {
    rendered_where(entry, origin, &rendered_while_reading, render_text)
}

/// The same, with another rule for which strings are rendered.
pub(super) fn rendered_where(
    entry: &yaml::Node,
    origin: &Origin,
    wanted: json_values::Wanted,
    render_text: Render,
) -> Result<Object> {
    match json_values::render(entry, origin.file, wanted, render_text)? {
        Json::Object(members) => Ok(members),
        _ => Err(Error::new(format!("an entry must be a mapping, and this is {}", entry.kind()))
            .at_line(origin.file, entry.line)),
    }
}

/// What is under `config:`, and the configs that may also be beside it.
pub(super) fn config_of(members: &Object) -> Object {
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

pub(super) fn read_columns(
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
            // Which blocks a description names is found out; what is written here counts for nothing.
            "doc_blocks",
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

pub(super) fn declared_tests(
    node: &yaml::Node,
    column: Option<&str>,
    column_tags: &[String],
    origin: &Origin,
) -> Result<Vec<DeclaredTest>> {
    let says = |key: &str| node.get(key).and_then(yaml::Node::as_list).is_some_and(|tests| !tests.is_empty());
    if says("tests") && says("data_tests") {
        return Err(Error::new("an entry has both `tests:` and `data_tests:`, which mean the same")
            .in_dbts_words("Invalid test config: cannot have both 'tests' and 'data_tests' defined")
            .at_line(origin.file, node.line)
            .hint("join the two under `data_tests:`"));
    }
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

/// Whether a string of an entry is rendered when its file is read. Tests, descriptions and hooks are rendered later,
/// and only where they mean that: a column type under the key `description` is a config like others. The places are
/// those of dbt: <https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/parser/schema_renderer.py>. Keys in lists
/// are `""` here.
pub(super) fn rendered_while_reading(path: &[&str]) -> bool {
    let later = |key: &&str| matches!(*key, "tests" | "data_tests" | "description" | "loaded_at_query");
    let hook =
        |key: &&str| matches!(*key, "pre_hook" | "post_hook" | "pre-hook" | "post-hook" | "loaded_at_query");
    !match path {
        [first, ..] if later(first) => true,
        [_, key] if later(key) => true,
        ["config", key, ..] => hook(key),
        // A table of a source, or a version of a model, is an entry of its own.
        ["tables" | "versions", "", rest @ ..] => return rendered_while_reading(rest),
        ["columns" | "arguments", "", key, ..] => later(key),
        _ => false,
    }
}
