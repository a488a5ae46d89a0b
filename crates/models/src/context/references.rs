//! `ref()`, `source()`, `doc()`, and `graph`.

use crate::context::execution::Execution;
use crate::context::node_context::{NodeContext, context};
use crate::dbt_log;
use crate::graph::batch::Batch;
use crate::graph::manifest::{Manifest, NotFound, explain, ref_text};
use crate::graph::node::{Node, RefCall};
use crate::graph::resource_type::ResourceType;
use crate::python::Input;
use crate::relations::relation::{EventTimeFilter, Relation};
use crate::values;
use ingot_core::report::Level;
use ingot_core::sync::lock;
use ingot_jinja::{Args, Error, Result, State, Template, Value};
use jiff::civil::DateTime;
use serde_json::{Value as Json, json};

/// Takes `('name')`, `('package', 'name')` and `version=` (or `v=`).
pub(crate) fn ref_call(args: &Args) -> Result<RefCall> {
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

pub(crate) fn call_ref(state: &mut State<'_>, args: Args) -> Result<Value> {
    let call = ref_call(&args)?;
    let context = context(state)?;
    let Some(run) = &context.execution else {
        context.note_ref(call);
        return Ok(context.this());
    };
    let manifest = &run.manifest;
    let root = &context.invocation.project.root.name;
    let found = manifest.lookup.resolve_ref(&call, &context.node.package_name, root);
    let id = found.map_err(|reason| not_found(&ref_text(&call), &reason))?;
    let Some(index) = manifest.index_of(id) else {
        return Err(Error::value(format!("{} was not found", ref_text(&call))));
    };
    if let Some(unit) = &context.unit {
        let cte = unit.refer(&manifest.nodes[index], &ref_text(&call))?;
        context.note_ephemeral(index);
        return Ok(cte);
    }
    known_dependency(context, id, &ref_text(&call))?;
    if call.version.is_none() {
        tell_of_prerelease(context, &manifest.nodes[index], run);
    }
    Ok(relation_to(context, index, &manifest.nodes[index]))
}

/// Says that a reference without a version has a newer one to come.
fn tell_of_prerelease(context: &NodeContext, found: &Node, run: &Execution) {
    let Some(version) = &found.version else { return };
    let Some(highest) = run.manifest.lookup.highest_version(&found.name, &found.package_name) else { return };
    if highest == version {
        return;
    }
    let (name, package) = (&found.name, &found.package_name);
    let text = format!(
        "'{}' reads version {version} of '{name}', the latest one; version {highest} is there and not the latest yet",
        context.node.name
    );
    let words = format!(
        "While compiling '{}':\nFound an unpinned reference to versioned model '{name}' in project '{package}'.\nResolving to latest version: {name}.v{version}\nA prerelease version {highest} is available. It has not yet been marked 'latest' by its maintainer.\nWhen that happens, this reference will resolve to {name}.v{highest} instead.",
        context.node.name
    );
    let data = json!({
        "ref_node_name": name, "ref_node_package": package, "ref_node_version": version, "ref_max_version": highest,
        "node_info": dbt_log::running(&context.node), "msg": words,
    });
    context.invocation.outbox.event("UnpinnedRefNewVersionAvailable", Level::Info, text, data);
}

pub(super) fn not_found(written: &str, reason: &NotFound) -> Error {
    let (message, hint) = explain(written, reason);
    let error = Error::value(message);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// What a reference to a node becomes in SQL; an ephemeral one is noted, to be injected.
fn relation_to(context: &NodeContext, index: usize, node: &Node) -> Value {
    if node.is_ephemeral() {
        context.note_ephemeral(index);
        return to_read(context, node, Relation::ephemeral(node.dialect, &node.alias)).into_value();
    }
    let deferred =
        context.execution.as_ref().and_then(|run| lock(&run.deferred).get(&node.unique_id).cloned());
    to_read(context, node, deferred.unwrap_or_else(|| relation_of(node))).into_value()
}

/// The relation with what limits the rows that the running node may read of it.
fn to_read(context: &NodeContext, node: &Node, mut relation: Relation) -> Relation {
    if context.invocation.settings.empty {
        relation.limit = Some(0);
    }
    let field = node.config.get("event_time").and_then(Json::as_str);
    if let (Some((start, end)), Some(field)) = (period(context), field) {
        let quoted = node.columns.iter().any(|column| column.name == field && column.quote == Some(true));
        relation.event_time = Some(EventTimeFilter {
            field: if quoted { node.dialect.quoted(field) } else { field.to_owned() },
            start: Some(Batch::sql(start)),
            end: Some(Batch::sql(end)),
        });
    }
    relation
}

/// Which rows in time the running node may read: those of its batch, of the sample, or of both.
fn period(context: &NodeContext) -> Option<(DateTime, DateTime)> {
    let node = &context.node;
    let batch = node.batch().map(|batch| (batch.start, batch.end));
    let samples = matches!(node.resource_type(), ResourceType::Model | ResourceType::Snapshot);
    let sample = context.invocation.settings.sample.filter(|_| samples && context.executes());
    match (batch, sample) {
        (Some(batch), Some(sample)) => Some((batch.0.max(sample.0), batch.1.min(sample.1))),
        (batch, sample) => batch.or(sample),
    }
}

/// The relation that a node makes, or a source's table.
pub(crate) fn relation_of(node: &Node) -> Relation {
    let identifier = node.source().map_or(&node.alias, |source| &source.identifier);
    let mut relation =
        Relation::new(node.dialect, Some(&node.database), Some(&node.schema), Some(identifier));
    if let Some(source) = node.source() {
        relation.external = source.external.clone();
    }
    relation.quote = node.quote;
    relation
}

/// The tables that a Python model reads by `dbt.ref()` and by `dbt.source()`, with the keys by which it asks for them. As
/// in dbt, `--empty` and `--sample` do not limit their rows.
///
/// # Errors
/// One is ephemeral, so that there is nothing to read, or is not there.
pub(super) fn python_inputs(context: &NodeContext) -> ingot_core::error::Result<(Vec<Input>, Vec<Input>)> {
    let Some(run) = &context.execution else { return Ok((Vec::new(), Vec::new())) };
    let (node, manifest) = (&context.node, &run.manifest);
    let root = &context.invocation.project.root.name;
    let missing =
        |written: &str, reason: &NotFound| ingot_core::error::Error::from(not_found(written, reason));
    let mut refs = Vec::new();
    for call in &node.refs {
        let found = manifest.lookup.resolve_ref(call, &node.package_name, root);
        let id = found.map_err(|reason| missing(&ref_text(call), &reason))?;
        let Some(target) = manifest.node(id) else { continue };
        if target.is_ephemeral() {
            let what = format!(
                "{} is ephemeral, and a Python model can read tables and views alone",
                ref_text(call)
            );
            return Err(ingot_core::error::Error::new(what).hint("give it another materialization"));
        }
        let deferred = lock(&run.deferred).get(&target.unique_id).cloned();
        let parts =
            [call.package.clone(), Some(call.name.clone()), call.version.as_ref().map(|v| format!("v{v}"))];
        let key = parts.into_iter().flatten().collect::<Vec<_>>().join(".");
        refs.push(Input { key, relation: deferred.unwrap_or_else(|| relation_of(target)) });
    }
    let mut sources = Vec::new();
    for (source, table) in &node.sources {
        let written = format!("source('{source}', '{table}')");
        let found = manifest.lookup.resolve_source(source, table, &node.package_name, root);
        let id = found.map_err(|reason| missing(&written, &reason))?;
        if let Some(target) = manifest.node(id) {
            sources.push(Input { key: format!("{source}.{table}"), relation: relation_of(target) });
        }
    }
    Ok((refs, sources))
}

/// What was not seen while parsing was not waited for, so it may not be there yet.
fn known_dependency(context: &NodeContext, id: &str, written: &str) -> Result<()> {
    let node = &context.node;
    if node.depends_on.iter().any(|known| known == id)
        || node.resource_type() == ResourceType::Operation
        || node.unique_id == id
    {
        return Ok(());
    }
    Err(Error::value(format!(
        "{written} in '{}' was not found at parse time, so the node cannot be ordered after it",
        node.name
    ))
    .hint(format!("it is inside `{{% if execute %}}` or the like; add this line to the model:  -- depends_on: {{{{ {written} }}}}")))
}

pub(crate) fn call_source(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("source", &["source_name", "table_name"])?;
    let (source, table) = (bound.text("source_name")?, bound.text("table_name")?);
    let context = context(state)?;
    let Some(run) = &context.execution else {
        context.note_source(source, table);
        return Ok(context.this());
    };
    let root = &context.invocation.project.root.name;
    let written = format!("source('{source}', '{table}')");
    let found = run.manifest.lookup.resolve_source(&source, &table, &context.node.package_name, root);
    let id = found.map_err(|reason| not_found(&written, &reason))?;
    if let (Some(unit), Some(index)) = (&context.unit, run.manifest.index_of(id)) {
        let cte = unit.refer(&run.manifest.nodes[index], &written)?;
        context.note_ephemeral(index);
        return Ok(cte);
    }
    // A source is there before anything is built, so one that parsing did not see needs no order, as under dbt.
    match run.manifest.node(id) {
        Some(node) => Ok(to_read(context, node, relation_of(node)).into_value()),
        None => Err(Error::value(format!("{written} was not found"))),
    }
}

/// Whether a constraint's `to` is a call that gives a relation.
pub(crate) fn is_reference(to: &str) -> bool {
    ["ref", "source"].iter().any(|name| {
        to.trim()
            .strip_prefix(name)
            .is_some_and(|rest| rest.trim_start().starts_with('(') && rest.ends_with(')'))
    })
}

/// Puts relations in the place of `to: ref('a')` in the constraints of a model and its columns. DuckDB takes none with a
/// database in it. What cannot be resolved stays as written, and DuckDB says what is wrong with it.
pub(crate) fn resolve_constraints(context: &NodeContext, node: &mut crate::json_values::Object) {
    let resolve = |constraint: &mut Json| {
        let Some(to) = constraint.get("to").and_then(Json::as_str).filter(|to| is_reference(to)) else {
            return;
        };
        let environment = &context.invocation.templates.environment;
        let value = Template::parse(format!("{{{{ {to} }}}}"), &context.node.original_file_path, environment)
            .and_then(|template| State::new(environment, context).render_value(&template));
        if let Ok(value) = value
            && let Some(relation) = value.downcast::<Relation>()
        {
            let mut relation = relation.clone();
            relation.include.database = false;
            constraint["to"] = relation.render().into();
        }
    };
    if let Some(Json::Array(constraints)) = node.get_mut("constraints") {
        constraints.iter_mut().for_each(resolve);
    }
    let Some(Json::Object(columns)) = node.get_mut("columns") else { return };
    for column in columns.values_mut() {
        if let Some(Json::Array(constraints)) = column.get_mut("constraints") {
            constraints.iter_mut().for_each(resolve);
        }
    }
}

/// `graph`: all nodes as dicts.
pub(crate) fn graph_value(manifest: &Manifest) -> Value {
    let of = |wanted: fn(&Node) -> bool| {
        Value::dict(
            manifest
                .nodes
                .iter()
                .filter(|node| wanted(node))
                .map(|node| (node.unique_id.as_str(), values::from_json(&Json::Object(node.to_json())))),
        )
    };
    // As under dbt, functions are in a section of their own that templates do not see.
    let is_node = |node: &Node| {
        let kind = node.resource_type();
        !kind.is_only_described()
            && !matches!(kind, ResourceType::Source | ResourceType::UnitTest | ResourceType::Function)
    };
    let groups = manifest.groups.iter().map(|group| (group.unique_id(), values::from_json(&group.to_json())));
    let groups = Value::dict(groups);
    Value::dict([
        ("nodes", of(is_node)),
        ("sources", of(|node| node.source().is_some())),
        ("exposures", of(|node| node.exposure().is_some())),
        ("metrics", of(|node| node.metric().is_some())),
        ("semantic_models", of(|node| node.semantic_model().is_some())),
        ("saved_queries", of(|node| node.saved_query().is_some())),
        ("groups", groups),
    ])
}
