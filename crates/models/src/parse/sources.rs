//! Sources: tables that others fill, and files outside the database.

use crate::graph::node::Node;
use crate::graph::node_kind::NodeKind;
use crate::graph::node_kind::SourceTable;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::json_values::{Object, object, python_str, strings, text};
use crate::parse::describe;
use crate::project::config;
use crate::project::config::ConfigKind;
use crate::project::properties::property_file::SourceEntry;
use crate::relations::name_parts::PARTS;
use ingot_core::error::{Error, Result, nearest};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Keys of a source's config that dbt knows; the others belong to the adapter.
const CONFIG_KEYS: &[&str] =
    &["enabled", "event_time", "freshness", "loaded_at_field", "loaded_at_query", "meta", "tags"];

pub(super) fn node(invocation: &Arc<Invocation>, entry: &SourceEntry) -> Result<Node> {
    let own = invocation.project.of(&entry.package_name);
    let source_name = text(&entry.source, "name").unwrap_or_default();
    let name = text(&entry.table, "name").unwrap_or_default();
    let mut node = Node::new(ResourceType::Source, &entry.package_name, &name);
    node.unique_id = format!("source.{}.{source_name}.{name}", entry.package_name);
    node.file = entry.file.clone();
    node.original_file_path = entry.original_file_path.clone();
    node.path = entry.original_file_path.clone();
    node.line = entry.line;
    node.fqn = fqn(&entry.package_name, &entry.original_file_path, &[&source_name, &name]);

    let mut given = Object::new();
    let mut source_meta = Object::new();
    for level in [&entry.source, &entry.table] {
        config::update(&mut given, object(level, "config"));
        for key in ["meta", "tags"] {
            if let Some(value) = level.get(key).filter(|value| !value.is_null()) {
                config::update(&mut given, Object::from_iter([(key.to_owned(), value.clone())]));
            }
        }
        if source_meta.is_empty() {
            source_meta = object(&given, "meta");
        }
    }
    let from_project = config::build(
        ConfigKind::Source,
        &node.fqn,
        own,
        &invocation.project.root,
        &Object::new(),
        &Object::new(),
    );
    let pick = |key: &str| {
        let said = |level: &Object| {
            let inside = level.get("config").and_then(|config| config.get(key));
            inside.or_else(|| level.get(key)).filter(|value| !value.is_null()).cloned()
        };
        said(&entry.table).or_else(|| said(&entry.source)).or_else(|| from_project.get(key).cloned())
    };
    let freshness = freshness(entry, from_project.get("freshness"));
    given.insert("freshness".to_owned(), freshness.clone());
    for key in ["loaded_at_field", "loaded_at_query"] {
        given.insert(key.to_owned(), pick(key).unwrap_or(Json::Null));
    }
    given.entry("tags").or_insert_with(|| Json::Array(Vec::new()));
    given.entry("meta").or_insert_with(|| Json::Object(Object::new()));
    node.config =
        config::build(ConfigKind::Source, &node.fqn, own, &invocation.project.root, &given, &Object::new())
            .into();
    let mut as_written = given.clone();
    if freshness == no_freshness() {
        as_written.shift_remove("freshness");
    }
    node.unrendered_config = config::unrendered(
        ConfigKind::Source,
        &node.fqn,
        own,
        &invocation.project.root,
        &as_written,
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
    node.database = database;
    node.schema = schema;
    let external = external(&node, &identifier).map_err(|error| error.at_line(&entry.file, entry.line))?;
    for (place, part) in node.quote.flags_mut().into_iter().zip(PARTS) {
        *place = quoting.get(part).and_then(Json::as_bool).unwrap_or(true);
    }
    node.kind = NodeKind::Source(Box::new(SourceTable {
        source_name,
        identifier,
        loader: text(&entry.source, "loader").unwrap_or_default(),
        source_description: text(&entry.source, "description").unwrap_or_default(),
        external,
        quoting,
        loaded_at_field: pick("loaded_at_field").as_ref().and_then(Json::as_str).map(str::to_owned),
        loaded_at_query: pick("loaded_at_query").as_ref().and_then(Json::as_str).map(str::to_owned),
        freshness,
        source_meta,
    }));
    Ok(node)
}

/// A freshness that says nothing.
fn no_freshness() -> Json {
    json!({
        "warn_after": {"count": null, "period": null}, "error_after": {"count": null, "period": null},
        "filter": null,
    })
}

/// What the project, the source and its table say of freshness, the inner one winning key by key;
/// null where it is switched off.
fn freshness(entry: &SourceEntry, project: Option<&Json>) -> Json {
    let mut out = project.cloned().unwrap_or_else(no_freshness);
    for level in [&entry.source, &entry.table] {
        let inside = level.get("config").and_then(|config| config.get("freshness"));
        match inside.or_else(|| level.get("freshness")) {
            None => {}
            Some(Json::Object(said)) => {
                if out.is_null() {
                    out = no_freshness();
                }
                let Json::Object(out) = &mut out else { continue };
                for (key, value) in said.iter().filter(|(_, value)| !value.is_null()) {
                    out.insert(key.clone(), value.clone());
                }
            }
            Some(_) => out = Json::Null,
        }
    }
    out
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
