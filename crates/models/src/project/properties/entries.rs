//! Parts that the entries of all sections have: names, configs, columns, tests.

use crate::graph::column::Column;
use crate::json_values;
use crate::json_values::{Object, Render, object, strings, text};
use crate::project::dbt_schemas;
use crate::project::properties::property_file::{DeclaredTest, Origin};
use ingot_core::error::{Error, Result, nearest};
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

/// The members of an entry of the section `key`, rendered where `wanted` says so, and of the types that dbt asks for.
pub(super) fn members_of(
    entry: &yaml::Node,
    key: &str,
    origin: &Origin,
    wanted: json_values::Wanted,
    render_text: Render,
) -> Result<Object> {
    if entry.as_map().is_none() {
        return Err(Error::new(format!(
            "an entry of `{key}:` must be a mapping, and this is {}",
            entry.kind()
        ))
        .in_dbts_words("expected a dict with string keys")
        .at_line(origin.file, entry.line)
        .hint("every entry starts with `- name: ...`"));
    }
    if entry.get("name").is_none() {
        return Err(no_name(entry, key, origin));
    }
    let members = match json_values::render(entry, origin.file, wanted, render_text)? {
        Json::Object(members) => members,
        _ => Object::new(),
    };
    dbt_schemas::check_entry(key, entry, &members, origin)?;
    Ok(members)
}

/// The name of an entry that was rendered.
pub(super) fn entry_name(members: &Object, entry: &yaml::Node, key: &str, origin: &Origin) -> Result<String> {
    text(members, "name").ok_or_else(|| no_name(entry, key, origin))
}

fn no_name(entry: &yaml::Node, key: &str, origin: &Origin) -> Error {
    Error::new(format!("an entry of `{key}:` has no name"))
        .in_dbts_words("Entry did not contain a name")
        .at_line(origin.file, entry.line)
        .hint("every entry starts with `- name: ...`")
}

/// The `meta:` of a config must be a mapping where there is one.
///
/// # Errors
/// It has no value, with its line.
pub(super) fn refuse_no_meta(entry: &yaml::Node, members: &Object, origin: &Origin) -> Result<()> {
    if object(members, "config").get("meta") != Some(&Json::Null) {
        return Ok(());
    }
    let line = entry.get("config").and_then(|config| config.get("meta")).map_or(entry.line, |meta| meta.line);
    Err(Error::new("`meta:` must be a mapping, and has no value")
        .in_dbts_words("expected dict, got None")
        .at_line(origin.file, line)
        .hint("write `meta: {}`, or take it out"))
}

/// What may stand beside `config:` must not stand under it as well.
///
/// # Errors
/// It does, with its line.
pub(super) fn refuse_doubled(entry: &yaml::Node, members: &Object, origin: &Origin) -> Result<()> {
    let config = object(members, "config");
    for key in ["meta", "docs", "group", "contract", "access"] {
        if members.contains_key(key) && config.contains_key(key) {
            let words = format!(
                "In {}: found {key} dictionary in 'config' dictionary and as top-level key.\n                    \
                 Remove the top-level key and define it under 'config' dictionary only.",
                origin.original_file_path
            );
            let line = entry.get(key).map_or(entry.line, |node| node.line);
            return Err(Error::new(format!("`{key}:` stands both here and under `config:`"))
                .in_dbts_words(words)
                .at_line(origin.file, line)
                .hint("keep the one under `config:`"));
        }
    }
    Ok(())
}

/// What is under `config:`, and the configs that may also be beside it.
pub(super) fn config_of(members: &Object) -> Object {
    let mut config = object(members, "config");
    for key in ["meta", "docs", "group", "contract", "access"] {
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
        let Json::Object(mut members) = value else { continue };
        let name = entry_name(&members, node, "columns", origin)?;
        let config = object(&members, "config");
        let mut tags = strings(members.get("tags"));
        tags.extend(strings(config.get("tags")));
        let quote = members.get("quote").and_then(Json::as_bool);
        let quoted = quote.unwrap_or(quote_all);
        let column = if quoted { format!("\"{name}\"") } else { name.clone() };
        tests.extend(declared_tests(node, Some(&column), &tags, origin)?);
        let mut meta = object(&members, "meta");
        meta.extend(object(&config, "meta"));
        let constraints = constraints_of(node, &members, &format!("column {name}"), origin)?;
        let out = Column {
            name,
            description: text(&members, "description").unwrap_or_default(),
            data_type: text(&members, "data_type"),
            quote,
            meta,
            tags,
            constraints,
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

/// The kinds of constraints that dbt knows.
const CONSTRAINTS: [&str; 6] = ["check", "not_null", "unique", "primary_key", "foreign_key", "custom"];

/// The constraints of a column or a model, each of a kind that there is. `what` is whose they are, in dbt's words.
///
/// # Errors
/// One is of no such kind, with its line.
pub(super) fn constraints_of(
    node: &yaml::Node,
    members: &Object,
    what: &str,
    origin: &Origin,
) -> Result<Vec<Json>> {
    let constraints = members.get("constraints").and_then(Json::as_array).cloned().unwrap_or_default();
    let lines = node.get("constraints").and_then(yaml::Node::as_list).unwrap_or_default();
    for (place, constraint) in constraints.iter().enumerate() {
        let kind = constraint.get("type").and_then(Json::as_str);
        if kind.is_some_and(|kind| CONSTRAINTS.contains(&kind)) {
            continue;
        }
        let told = match constraint.get("type") {
            Some(kind) => format!("a constraint of the {what} has the type {kind}"),
            None => format!("a constraint of the {what} has no `type:`"),
        };
        let known = CONSTRAINTS.map(|kind| format!("'{kind}'")).join(", ");
        let words = format!("Invalid constraint type on {what}: Type must be one of [{known}]");
        let error = Error::new(told).in_dbts_words(words);
        let error = error.at_line(origin.file, lines.get(place).map_or(node.line, |node| node.line));
        return Err(match kind.and_then(|kind| nearest(kind, CONSTRAINTS)) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => error.hint(format!("types: {}", CONSTRAINTS.join(", "))),
        });
    }
    Ok(constraints)
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
