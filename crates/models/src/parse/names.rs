//! Database, schema and alias of a node, from the macros that a project may override.

use crate::context::node_context::NodeContext;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::json_values::text;
use crate::parse::rendering::parsing_context;
use crate::project::macros::COMMON;
use crate::relations::name_parts::PARTS;
use crate::values;
use ingot_core::error::Result;
use ingot_core::sync::lock;
use ingot_jinja::{Args, State, Value};
use serde_json::Value as Json;
use std::sync::Arc;

/// Sets the three names of a node whose config is final.
pub(super) fn give(invocation: &Arc<Invocation>, node: &mut Node) -> Result<()> {
    let dialect = invocation.target.dialect();
    node.database = invocation.target.database.clone();
    node.schema = invocation.target.schema.clone();
    for (place, part) in node.quote.flags_mut().into_iter().zip(PARTS) {
        let own = node.config.get("quoting").and_then(|quoting| quoting.get(part));
        let given = own.or_else(|| invocation.project.root.quoting.get(part)).and_then(Json::as_bool);
        *place = given.unwrap_or(dialect.quotes_by_default());
    }
    // dbt's order: the macro that makes the schema sees the final database, and the one for the alias both.
    node.database = name(invocation, node, "generate_database_name", "database")?;
    node.schema = name(invocation, node, "generate_schema_name", "schema")?;
    node.alias = name(invocation, node, "generate_alias_name", "alias")?;
    // The older way to place a snapshot, which no macro changes.
    if node.resource_type() == ResourceType::Snapshot {
        if let Some(schema) = text(&node.config, "target_schema") {
            node.schema = schema;
        }
        if let Some(database) = text(&node.config, "target_database") {
            node.database = database;
        }
    }
    if !dialect.has_databases() {
        node.database.clear();
    }
    Ok(())
}

/// What the macro `generator` makes of a config of the node.
fn name(invocation: &Arc<Invocation>, node: &Node, generator: &'static str, config: &str) -> Result<String> {
    let custom = text(&node.config, config);
    if is_built_in(invocation, &node.package_name, generator) {
        Ok(built_in(invocation, node, generator, custom))
    } else {
        ask(invocation, node, generator, custom)
    }
}

/// Whether neither the macro nor what it dispatches to is overridden for nodes of a package. Found out once.
fn is_built_in(invocation: &Invocation, package: &str, generator: &'static str) -> bool {
    let key = (package.to_owned(), generator);
    if let Some(known) = lock(&invocation.caches.built_in_generators).get(&key) {
        return *known;
    }
    let macros = &invocation.templates.macros;
    let is_own =
        |name: &str| macros.generator(package, name).is_some_and(|entry| entry.package_name != COMMON);
    let answer = !is_own(generator)
        && !is_own(&format!("default__{generator}"))
        && !is_own(&format!("{}__{generator}", invocation.target.dialect().adapter_type()))
        && macros.dispatch(package, generator, Some(COMMON)).is_ok_and(|entry| entry.package_name == COMMON);
    lock(&invocation.caches.built_in_generators).insert(key, answer);
    answer
}

/// What dbt's own macros say, without rendering them for every node.
fn built_in(invocation: &Invocation, node: &Node, generator: &str, custom: Option<String>) -> String {
    let custom = custom.map(|custom| custom.trim().to_owned());
    match generator {
        "generate_schema_name" => match custom {
            Some(custom) => format!("{}_{custom}", invocation.target.schema),
            None => invocation.target.schema.clone(),
        },
        "generate_database_name" => custom.unwrap_or_else(|| invocation.target.database.clone()),
        _ => match (custom.filter(|custom| !custom.is_empty()), &node.version) {
            (Some(custom), _) => custom,
            (None, Some(version)) => format!("{}_v{}", node.name, version.replace('.', "_")),
            (None, None) => node.name.clone(),
        },
    }
}

fn ask(invocation: &Arc<Invocation>, node: &Node, generator: &str, custom: Option<String>) -> Result<String> {
    let Some(entry) = invocation.templates.macros.generator(&node.package_name, generator) else {
        return Ok(built_in(invocation, node, generator, custom));
    };
    let value = values::from_json(&Json::Object(node.to_json()));
    let context: NodeContext = parsing_context(invocation, node.clone());
    context.set_makes_names();
    let mut state = State::new(&invocation.templates.environment, &context);
    let answer = state.call(&entry.value, Args::of([Value::from(custom), value])).map_err(|error| {
        ingot_core::error::Error::from(error).context(format!("{generator}() for '{}'", node.name))
    })?;
    Ok(values::text(&answer).trim().to_owned())
}
