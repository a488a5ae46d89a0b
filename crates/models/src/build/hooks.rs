//! `on-run-start` and `on-run-end`, and the schemas that must be there before anything is built.

use crate::build::compile;
use crate::build::output_files::write_output;
use crate::connection::Connection;
use crate::context::execution::Execution;
use crate::context::node_context::NodeContext;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::json_values::Object;
use crate::outcomes::{NodeResult, Status};
use crate::parse;
use crate::values;
use crate::values::record::Record;
use ingot_core::sync::lock;

use crate::project::dbt_project_yml::DbtProject;
use crate::relations::relation::Relation;
use ingot_core::error::{Error, Result};
use ingot_engine::Engine;
use ingot_jinja::{Args, State, Value};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Start,
    End,
}

fn operation(invocation: &Invocation, project: &DbtProject, name: &str, sql: &str) -> Node {
    let mut node = Node::new(invocation.target.dialect(), ResourceType::Operation, &project.name, name);
    node.raw_code = sql.to_owned();
    node.database = invocation.target.database.clone();
    node.schema = invocation.target.schema.clone();
    node.original_file_path = "dbt_project.yml".to_owned();
    node.file = project.root.join("dbt_project.yml");
    node
}

/// Runs the hooks of the project and then those of the packages by their names, as dbt orders them; after one that fails the
/// others are skipped. `so_far` is how the nodes ended, for `results` in on-run-end.
pub(crate) fn run(
    invocation: &Arc<Invocation>,
    run: &Arc<Execution>,
    engine: &dyn Engine,
    when: When,
    so_far: &[NodeResult],
) -> Ended {
    let mut projects: Vec<&DbtProject> = invocation.project.all().collect();
    projects[1..].sort_by(|a, b| a.name.cmp(&b.name));
    let (mut results, mut failure) = (Vec::new(), None);
    for project in projects {
        let (hooks, word) = match when {
            When::Start => (&project.on_run_start, "on-run-start"),
            When::End => (&project.on_run_end, "on-run-end"),
        };
        for (index, sql) in hooks.iter().enumerate() {
            let name = parse::operations::name(&project.name, word, index);
            let id = format!("operation.{}.{name}", project.name);
            let node = run.manifest.node(&id).cloned();
            let node = node.unwrap_or_else(|| operation(invocation, project, &name, sql));
            let label = format!("{}.{word}.{index}", project.name);
            let clock = Instant::now();
            let mut result = NodeResult::new(&node, Status::Success, String::new(), Duration::ZERO, None);
            if failure.is_some() {
                (result.status, result.message) = (Status::Skipped, format!("{label} skipped"));
                result.failures = Some(1);
                results.push(result);
                continue;
            }
            let context =
                match context_of(invocation, run, engine, node, (when == When::End).then_some(so_far)) {
                    Ok(context) => context,
                    Err(error) => return Ended { results, failure: Some(error), is_compiled: true },
                };
            let sql = match compiled(&context) {
                Ok(sql) => sql,
                Err(error) => {
                    let failure = Some(error.context(format!("{word} hook {}", index + 1)));
                    return Ended { results, failure, is_compiled: false };
                }
            };
            match execute(&context, sql) {
                Ok(sql) => {
                    result.message = format!("{label} passed");
                    result.failures = Some(0);
                    result.compiled_code = Some(sql);
                }
                Err(error) => {
                    let error = error.context(format!("{word} hook {}", index + 1));
                    result.status = Status::Error;
                    result.message = format!("{label} failed, error:\n {error}");
                    result.failures = Some(1);
                    failure = Some(error);
                }
            }
            result.elapsed = clock.elapsed();
            results.push(result);
        }
    }
    Ended { results, failure, is_compiled: true }
}

/// How the hooks of a run ended.
pub(crate) struct Ended {
    pub(crate) results: Vec<NodeResult>,
    /// The error of the one that failed.
    pub(crate) failure: Option<Error>,
    /// Whether all could be compiled: one that cannot be ends the command, as under dbt, and has no result.
    pub(crate) is_compiled: bool,
}

/// Compiles all hooks and runs none; gives their results.
pub(crate) fn compile_all(
    invocation: &Arc<Invocation>,
    run: &Arc<Execution>,
    engine: &dyn Engine,
) -> Vec<NodeResult> {
    let hooks = run.manifest.nodes.iter().filter(|node| node.resource_type() == ResourceType::Operation);
    let one = |node: &Node| -> Result<String> {
        let connection = Connection::new(engine.session()?);
        let context =
            NodeContext::new(invocation.clone(), Arc::new(node.clone()), Some(run.clone()), connection);
        context.set("results", Value::list([]));
        compiled(&context)
    };
    hooks
        .map(|node| {
            let clock = Instant::now();
            let mut result = NodeResult::new(node, Status::Success, String::new(), Duration::ZERO, None);
            match one(node) {
                Ok(sql) => result.compiled_code = Some(sql),
                Err(error) => {
                    (result.status, result.message) = (Status::Error, error.to_string());
                    result.hint = error.hint_text().map(str::to_owned);
                }
            }
            result.elapsed = clock.elapsed();
            result
        })
        .collect()
}

/// The SQL of a hook, which is written to `target/compiled` too.
fn compiled(context: &NodeContext) -> Result<String> {
    let sql = compile::compile(context)?;
    write_output(&context.invocation, &context.node, "compiled", &sql)?;
    Ok(sql)
}

/// What the template of a hook sees.
fn context_of(
    invocation: &Arc<Invocation>,
    run: &Arc<Execution>,
    engine: &dyn Engine,
    node: Node,
    so_far: Option<&[NodeResult]>,
) -> Result<NodeContext> {
    let connection = Connection::new(engine.session()?);
    let context = NodeContext::new(invocation.clone(), Arc::new(node), Some(run.clone()), connection);
    // In the end the schemas of what was built, and of failures that tests have stored; before that those of what is to be built.
    let schemas_of = |ids: &mut dyn Iterator<Item = &String>| -> BTreeSet<(String, String)> {
        ids.filter_map(|id| run.manifest.node(id))
            .filter(|node| {
                let stores = node.resource_type() == ResourceType::Test && node.relation_name().is_some();
                node.is_relational() || stores
            })
            .map(|node| (node.database.clone(), node.schema.clone()))
            .collect()
    };
    let is_good =
        |result: &&NodeResult| !matches!(result.status, Status::Error | Status::Fail | Status::Skipped);
    let schemas = match so_far {
        None => schemas_of(&mut run.selected.iter()),
        Some(results) => schemas_of(&mut results.iter().filter(is_good).map(|result| &result.unique_id)),
    };
    context.set("schemas", Value::list(schemas.iter().map(|(_, schema)| Value::from(schema.as_str()))));
    let pairs = schemas
        .iter()
        .map(|(database, schema)| Value::tuple([database.as_str().into(), schema.as_str().into()]));
    context.set("database_schemas", Value::list(pairs));
    if let Some(results) = so_far {
        context.set("results", Value::list(results.iter().filter_map(|result| result_value(run, result))));
    }
    Ok(context)
}

/// Runs the SQL of a hook, and gives it back.
fn execute(context: &NodeContext, sql: String) -> Result<String> {
    if !sql.trim().is_empty() {
        context.run(&sql, true).map_err(|error| Error::from(error).at("dbt_project.yml"))?;
    }
    lock(&context.connection).commit()?;
    Ok(sql)
}

/// A node's result as templates see it; `None` for that of an exposure, and of a hook that did not fail.
fn result_value(run: &Execution, result: &NodeResult) -> Option<Value> {
    let node = run.manifest.node(&result.unique_id)?;
    let is_good_hook = node.resource_type() == ResourceType::Operation && result.status != Status::Error;
    if is_good_hook || node.resource_type().is_only_described() {
        return None;
    }
    let mut value = match result.to_json() {
        Json::Object(value) => value,
        _ => return None,
    };
    let record = |value: Json| Value::object(Record(values::from_json(&value)));
    let timing = value.get_mut("timing").map(Json::take);
    let timing = timing.as_ref().and_then(Json::as_array).cloned().unwrap_or_default();
    let members = values::from_json(&Json::Object(value));
    if let Some(members) = members.as_dict() {
        members.set_str("timing", Value::list(timing.into_iter().map(record)));
        members.set_str("node", record(Json::Object(node_of_result(node, result))));
    }
    Some(Value::object(Record(members)))
}

/// The node of a result, with what compiling it left: dbt's packages of run results read that.
fn node_of_result(node: &Node, result: &NodeResult) -> Object {
    let mut out = node.to_json();
    if let Some(sql) = &result.compiled_code {
        out.insert("compiled".to_owned(), true.into());
        out.insert("compiled_code".to_owned(), sql.as_str().into());
        out.insert("extra_ctes_injected".to_owned(), true.into());
        out.insert("extra_ctes".to_owned(), Json::Array(Vec::new()));
    }
    out
}

/// Creates the schemas of all nodes that will be built, by the macro `create_schema`.
pub(crate) fn create_schemas(
    invocation: &Arc<Invocation>,
    run: &Arc<Execution>,
    engine: &dyn Engine,
    nodes: &[&Node],
) -> Result<()> {
    let wanted: BTreeSet<(&str, &str)> = nodes
        .iter()
        .filter(|node| node.is_relational() || node.stores_failures || node.function().is_some())
        .map(|node| (node.database.as_str(), node.schema.as_str()))
        .filter(|(database, schema)| !run.cache.has_schema(database, schema))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let node = operation(invocation, &invocation.project.root, "create_schemas", "");
    let context = NodeContext::new(
        invocation.clone(),
        Arc::new(node),
        Some(run.clone()),
        Connection::new(engine.session()?),
    );
    let create = invocation
        .templates
        .macros
        .find(&invocation.project.root.name, "create_schema")
        .map(|entry| entry.value.clone())
        .ok_or_else(|| Error::new("there is no macro create_schema"))?;
    for (database, schema) in wanted {
        let mut relation = Relation::new(invocation.target.dialect(), Some(database), Some(schema), None);
        relation.include.identifier = false;
        let mut state = State::new(&invocation.templates.environment, &context);
        state
            .call(&create, Args::of([relation.into_value()]))
            .map_err(|error| Error::from(error).context(format!("creating the schema {schema}")))?;
        lock(&context.connection).commit()?;
        run.cache.add_schema(database, schema);
    }
    Ok(())
}
