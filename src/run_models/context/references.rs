//! `ref()`, `source()`, `doc()`, and `graph`.

use super::{NodeContext, context, lock, values};
use crate::jinja::{Args, Error, Result, State, Value};
use crate::run_models::manifest::{Manifest, explain, ref_text};
use crate::run_models::nodes::{Node, RefCall, ResourceType};
use crate::run_models::relation::Relation;
use serde_json::Value as Json;

/// Takes `('name')`, `('package', 'name')` and `version=` (or `v=`).
pub fn ref_call(args: &Args) -> Result<RefCall> {
    let wrong = || {
        Error::type_error("ref() takes the name of a model, or a package and a name")
            .hint("write ref('model') or ref('package', 'model'), with version=2 where it has versions")
    };
    let mut version = None;
    for (key, value) in &args.named {
        match key.as_str() {
            "version" | "v" if value.is_none() => {}
            "version" | "v" => version = Some(values::text(value)),
            _ => return Err(wrong()),
        }
    }
    let texts: Option<Vec<&str>> = args.positional.iter().map(Value::as_str).collect();
    match texts.as_deref() {
        Some([name]) => Ok(RefCall { package: None, name: (*name).to_owned(), version }),
        Some([package, name]) => {
            Ok(RefCall { package: Some((*package).to_owned()), name: (*name).to_owned(), version })
        }
        _ => Err(wrong()),
    }
}

pub fn call_ref(state: &mut State<'_>, args: Args) -> Result<Value> {
    let call = ref_call(&args)?;
    let context = context(state)?;
    let Some(run) = &context.run else {
        let mut captured = lock(&context.captured);
        if !captured.refs.contains(&call) {
            captured.refs.push(call.clone());
        }
        drop(captured);
        return Ok(context.this());
    };
    let manifest = &run.manifest;
    let found = manifest.lookup.resolve_ref(&call, &context.node.package_name, &context.shared.root.name);
    let id = found.map_err(|reason| {
        let (message, hint) = explain(&ref_text(&call), &reason);
        let error = Error::value(message);
        hint.map_or(Error::value(explain(&ref_text(&call), &reason).0), |hint| error.hint(hint))
    })?;
    let Some(index) = manifest.index_of(id) else {
        return Err(Error::value(format!("{} was not found", ref_text(&call))));
    };
    if let Some(unit) = &context.unit {
        return unit.refer(context, index, &manifest.nodes[index], &ref_text(&call));
    }
    known_dependency(context, id, &ref_text(&call))?;
    Ok(relation_to(context, index, &manifest.nodes[index]))
}

/// What a reference to a node becomes in SQL; an ephemeral one is noted, to be injected.
fn relation_to(context: &NodeContext, index: usize, node: &Node) -> Value {
    if node.is_ephemeral() {
        let mut ephemerals = lock(&context.ephemerals);
        if !ephemerals.contains(&index) {
            ephemerals.push(index);
        }
        return Relation::ephemeral(&node.alias).into_value();
    }
    let deferred = context.run.as_ref().and_then(|run| lock(&run.deferred).get(&node.unique_id).cloned());
    without_rows(context, deferred.unwrap_or_else(|| relation_of(node))).into_value()
}

/// With `--empty`, models read their inputs without the rows.
fn without_rows(context: &NodeContext, mut relation: Relation) -> Relation {
    let builds = matches!(context.node.resource_type, ResourceType::Model | ResourceType::Snapshot);
    if context.shared.empty && builds {
        relation.external = Some(format!("(select * from {} where false limit 0)", relation.render()));
    }
    relation
}

/// The relation that a node makes, or a source's table.
pub fn relation_of(node: &Node) -> Relation {
    let identifier = node.source.as_ref().map_or(&node.alias, |source| &source.identifier);
    let mut relation = Relation::new(Some(&node.database), Some(&node.schema), Some(identifier));
    if let Some(source) = &node.source {
        relation.external = source.external.clone();
    }
    relation.quote = node.quote;
    relation
}

/// What was not seen while parsing was not waited for, so it may not be there yet.
fn known_dependency(context: &NodeContext, id: &str, written: &str) -> Result<()> {
    let node = &context.node;
    if node.depends_on.iter().any(|known| known == id)
        || node.resource_type == ResourceType::Operation
        || node.unique_id == id
    {
        return Ok(());
    }
    Err(Error::value(format!(
        "{written} in '{}' was not seen while the project was parsed, so its order is not known",
        node.name
    ))
    .hint(format!("it stands where only execution gets to; add this line to the model:  -- depends_on: {{{{ {written} }}}}")))
}

pub fn call_source(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("source", &["source_name", "table_name"])?;
    let (source, table) = (bound.text("source_name")?, bound.text("table_name")?);
    let context = context(state)?;
    let Some(run) = &context.run else {
        let pair = (source, table);
        let mut captured = lock(&context.captured);
        if !captured.sources.contains(&pair) {
            captured.sources.push(pair);
        }
        drop(captured);
        return Ok(context.this());
    };
    let root = &context.shared.root.name;
    let written = format!("source('{source}', '{table}')");
    let id = run.manifest.lookup.resolve_source(&source, &table, &context.node.package_name, root).map_err(
        |reason| {
            let (message, hint) = explain(&written, &reason);
            match hint {
                Some(hint) => Error::value(message).hint(hint),
                None => Error::value(message),
            }
        },
    )?;
    if let (Some(unit), Some(index)) = (&context.unit, run.manifest.index_of(id)) {
        return unit.refer(context, index, &run.manifest.nodes[index], &written);
    }
    known_dependency(context, id, &written)?;
    match run.manifest.node(id) {
        Some(node) => Ok(without_rows(context, relation_of(node)).into_value()),
        None => Err(Error::value(format!("{written} was not found"))),
    }
}

/// `graph`: all nodes as dicts.
pub fn graph_value(manifest: &Manifest) -> Value {
    let of = |wanted: fn(&Node) -> bool| {
        Value::dict(
            manifest
                .nodes
                .iter()
                .filter(|node| wanted(node))
                .map(|node| (node.unique_id.as_str(), values::from_json(&Json::Object(node.to_json())))),
        )
    };
    let is_node = |node: &Node| node.source.is_none() && node.exposure.is_none() && node.unit_test.is_none();
    let groups = manifest.groups.iter().map(|group| (group.unique_id(), values::from_json(&group.to_json())));
    let groups = Value::dict(groups);
    Value::dict([
        ("nodes", of(is_node)),
        ("sources", of(|node| node.source.is_some())),
        ("exposures", of(|node| node.exposure.is_some())),
        ("metrics", Value::dict::<&str>([])),
        ("groups", groups),
    ])
}
