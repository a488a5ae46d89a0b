//! Sources: tables that others fill, and files outside the database.

use crate::graph::node::Node;
use crate::graph::node_kind::NodeKind;
use crate::graph::node_kind::SourceTable;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::json_values::{Object, object, python_str, strings, text};
use crate::parse::{describe, source_freshness};
use crate::project::config;
use crate::project::config::ConfigKind;
use crate::project::properties::property_file::SourceEntry;
use crate::relations::name_parts::PARTS;
use ingot_core::error::{Error, Result, nearest};
use ingot_engine::Dialect;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Keys of a source's config that dbt knows; the others belong to the adapter.
const CONFIG_KEYS: &[&str] =
    &["enabled", "event_time", "freshness", "loaded_at_field", "loaded_at_query", "meta", "tags"];

pub(super) fn node(invocation: &Arc<Invocation>, entry: &SourceEntry) -> Result<Node> {
    let own = invocation.project.of(&entry.package_name);
    let source_name = text(&entry.source, "name").unwrap_or_default();
    let name = text(&entry.table, "name").unwrap_or_default();
    let mut node = Node::new(invocation.target.dialect(), ResourceType::Source, &entry.package_name, &name);
    node.unique_id = format!("source.{}.{source_name}.{name}", entry.package_name);
    node.file = entry.file.clone();
    node.original_file_path = entry.original_file_path.clone();
    node.path = entry.original_file_path.clone();
    node.line = entry.line;
    node.fqn = fqn(&entry.package_name, &entry.original_file_path, &[&source_name, &name]);

    let mut given = object(&entry.source, "config");
    given.extend(object(&entry.table, "config"));
    let freshness = source_freshness::of(&entry.source, &entry.table);
    match &freshness {
        Some(said) => given.insert("freshness".to_owned(), said.clone()),
        None => given.shift_remove("freshness"),
    };
    let loaded_at = loaded_at(entry).map_err(|error| error.at_line(&entry.original_file_path, entry.line))?;
    for (key, value) in ["loaded_at_field", "loaded_at_query"].into_iter().zip(&loaded_at) {
        given.insert(key.to_owned(), value.clone().into());
    }
    let mut source_meta = object(&entry.source, "meta");
    source_meta.extend(config_object(&entry.source, "meta"));
    let mut meta = source_meta.clone();
    meta.extend(object(&entry.table, "meta"));
    meta.extend(config_object(&entry.table, "meta"));
    given.insert("meta".to_owned(), Json::Object(meta));
    given.insert("tags".to_owned(), tags(entry).into());
    node.config =
        config::build(ConfigKind::Source, &node.fqn, own, &invocation.project.root, &given, &Object::new())
            .into();
    node.unrendered_config = config::unrendered(
        ConfigKind::Source,
        &node.fqn,
        own,
        &invocation.project.root,
        &given,
        &Object::new(),
    )
    .into();
    let schema = text(&entry.source, "schema").unwrap_or_else(|| source_name.clone());
    let database = text(&entry.source, "database").unwrap_or_else(|| invocation.target.database.clone());
    let identifier = text(&entry.table, "identifier").unwrap_or_else(|| name.clone());
    let mut quoting = object(&entry.source, "quoting");
    quoting.extend(object(&entry.table, "quoting"));
    describe::source(invocation, &mut node, entry)?;
    node.alias = identifier.clone();
    if node.dialect.has_databases() {
        node.database = database;
    }
    node.schema = schema;
    // The key is dbt-duckdb's. dbt-spark does not know it: there a source is its schema and its identifier.
    let external = match node.dialect {
        Dialect::DuckDb => external(&node, &identifier),
        Dialect::Spark => Ok(None),
    };
    let external = external.map_err(|error| error.at_line(&entry.file, entry.line))?;
    let quotes_by_default = node.dialect.quotes_by_default();
    for (place, part) in node.quote.flags_mut().into_iter().zip(PARTS) {
        *place = quoting.get(part).and_then(Json::as_bool).unwrap_or(quotes_by_default);
    }
    let [loaded_at_field, loaded_at_query] = loaded_at;
    let source_description = text(&entry.source, "description").unwrap_or_default();
    let place = describe::Place { name: &source_name, file: &entry.file, line: entry.line };
    let (source_description, _) =
        describe::rendered(invocation, &entry.package_name, &source_description, &place)?;
    node.kind = NodeKind::Source(Box::new(SourceTable {
        source_name,
        identifier,
        loader: text(&entry.source, "loader").unwrap_or_default(),
        source_description,
        external,
        described_external: entry.table.get("external").and_then(Json::as_object).map(described_external),
        unrendered: entry.unrendered.clone(),
        quoting,
        loaded_at_field,
        loaded_at_query,
        freshness: source_freshness::complete(node.config.get("freshness")),
        source_meta,
    }));
    Ok(node)
}

/// `external:` of a table as the manifest has it: dbt's keys, then those of others.
fn described_external(said: &Object) -> Json {
    let keys = ["location", "file_format", "row_format", "tbl_properties", "partitions"];
    let mut out: Object = keys.map(|key| (key.to_owned(), Json::Null)).into_iter().collect();
    out.extend(said.clone());
    Json::Object(out)
}

/// A mapping under `config:`.
fn config_object(level: &Object, key: &str) -> Object {
    object(&object(level, "config"), key)
}

/// The tags of the source and of its table, beside `config:` and under it, sorted.
fn tags(entry: &SourceEntry) -> Vec<String> {
    let mut all = BTreeSet::new();
    for level in [&entry.source, &entry.table] {
        all.extend(strings(level.get("tags")));
        all.extend(strings(object(level, "config").get("tags")));
    }
    all.into_iter().collect()
}

/// `loaded_at_field` and `loaded_at_query`. A table that says one of them takes neither from its source; one that says
/// `loaded_at_field:` with nothing behind it has none.
fn loaded_at(entry: &SourceEntry) -> Result<[Option<String>; 2]> {
    const FIELD: &str = "loaded_at_field";
    const QUERY: &str = "loaded_at_query";
    let said = |level: &Object, key: &str| text(level, key).or_else(|| text(&object(level, "config"), key));
    let (of_table, of_source) = (&entry.table, &entry.source);
    for (level, what) in [(of_table, "table"), (of_source, "source")] {
        if said(level, FIELD).is_some() && said(level, QUERY).is_some() {
            let what = format!("a {what} cannot have both `{FIELD}` and `{QUERY}`");
            return Err(Error::new(what).hint("remove one of the two"));
        }
    }
    let has_field = of_table.contains_key(FIELD) || object(of_table, "config").contains_key(FIELD);
    let field = said(of_table, FIELD).or_else(|| said(of_source, FIELD).filter(|_| !has_field));
    let query = said(of_table, QUERY).or_else(|| said(of_source, QUERY).filter(|_| !has_field));
    Ok([field, query])
}

/// `package`, the folders of the YAML file below its first, and what is named in it.
pub(super) fn fqn(package: &str, file: &str, rest: &[&str]) -> Vec<String> {
    let folders: Vec<&str> = file.split('/').collect();
    let inner = folders.get(1..folders.len().saturating_sub(1)).unwrap_or_default();
    std::iter::once(package)
        .chain(inner.iter().copied())
        .chain(rest.iter().copied())
        .map(str::to_owned)
        .collect()
}

/// What a query reads for a table whose `external_location` says where it is.
fn external(node: &Node, identifier: &str) -> Result<Option<String>> {
    let mut known = Object::from_iter([
        ("name".to_owned(), Json::from(node.name.clone())),
        ("identifier".to_owned(), identifier.into()),
        ("schema".to_owned(), node.schema.clone().into()),
        ("database".to_owned(), node.database.clone().into()),
        ("tags".to_owned(), strings(node.config.get("tags")).into()),
    ]);
    known.extend(object(&node.config, "meta"));
    let extra = node.config.iter().filter(|(key, _)| !CONFIG_KEYS.contains(&key.as_str()));
    known.extend(extra.map(|(key, value)| (key.clone(), value.clone())));
    if known.contains_key("plugin") {
        return Err(Error::new(format!("the source table '{}' uses a plugin, which is Python", node.name))
            .hint("read it with `external_location` instead"));
    }
    let Some(location) = text(&known, "external_location") else { return Ok(None) };
    let formatter = text(&known, "formatter").unwrap_or_else(|| "newstyle".to_owned());
    let place = match formatter.as_str() {
        "newstyle" => new_style(&location, &known)?,
        "oldstyle" => replace_marked(&location, &known, "%(", ")s")?,
        "template" => replace_marked(&location, &known, "${", "}")?,
        other => {
            return Err(Error::new(format!("the formatter '{other}' is not known"))
                .hint("use newstyle, oldstyle or template"));
        }
    };
    let is_sql = place.contains('(') || place.starts_with('\'');
    Ok(Some(if is_sql { place } else { format!("'{place}'") }))
}

fn lookup<'a>(known: &'a Object, key: &str) -> Result<&'a Json> {
    known.get(key).ok_or_else(|| {
        let error = Error::new(format!("external_location has the placeholder '{key}', which has no value"));
        match nearest(key, known.keys().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => {
                error.hint("placeholders are name, identifier, schema, database, and the keys under meta")
            }
        }
    })
}

/// Python's `format`: `{name}`, `{{` for a brace.
fn new_style(template: &str, known: &Object) -> Result<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = rest.as_bytes()[at];
        let after = &rest[at + 1..];
        if after.as_bytes().first() == Some(&brace) {
            out.push(brace as char);
            rest = &after[1..];
            continue;
        }
        let end = (brace == b'{').then(|| after.find('}')).flatten().ok_or_else(|| {
            Error::new(format!("external_location has an unpaired brace: {template}"))
                .hint("write {{ for a brace itself")
        })?;
        out.push_str(&python_str(lookup(known, after[..end].trim())?));
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

fn replace_marked(template: &str, known: &Object, open: &str, close: &str) -> Result<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(open) {
        out.push_str(&rest[..at]);
        let after = &rest[at + open.len()..];
        let end = after.find(close).ok_or_else(|| {
            Error::new(format!("external_location has an unfinished placeholder: {template}"))
        })?;
        out.push_str(&python_str(lookup(known, &after[..end])?));
        rest = &after[end + close.len()..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_formatted_as_python_would() {
        let known = Object::from_iter([("name".to_owned(), Json::from("orders"))]);
        assert_eq!(new_style("read('a/{name}/*.{{x}}')", &known).unwrap(), "read('a/orders/*.{x}')");
        assert_eq!(replace_marked("a/%(name)s.csv", &known, "%(", ")s").unwrap(), "a/orders.csv");
        assert_eq!(replace_marked("a/${name}.csv", &known, "${", "}").unwrap(), "a/orders.csv");
        assert_eq!(new_style("a/{nam}", &known).unwrap_err().hint_text(), Some("did you mean 'name'?"));
    }
}
