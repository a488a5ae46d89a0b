//! `run-operation`: calls a macro of the project.

use crate::build::runner;
use crate::connection::Connection;
use crate::context::node_context::NodeContext;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::outcomes::{NodeResult, RunSummary, Status};
use crate::values;
use crate::verbs::job::Job;
use ingot_core::error::{Error, Result, nearest};
use ingot_core::sync::lock;
use ingot_jinja::{Args, State};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

/// Calls the macro with the arguments of `--args`. What it runs outside a transaction of its own is committed.
///
/// # Errors
/// There is no such macro, or the database cannot be opened. A macro that fails is a failed result.
pub(crate) fn run(job: &Job, summary: &mut RunSummary) -> Result<()> {
    let given = job.options.macro_name.clone().unwrap_or_default();
    let macros = &job.invocation.templates.macros;
    let root = job.invocation.project.root.name.clone();
    let (package, name) = match given.split_once('.') {
        Some((package, name)) => (Some(package), name),
        None => (None, given.as_str()),
    };
    let found = match package {
        Some(package) => macros.in_package(package, name),
        None => macros.find(&root, name).or_else(|| macros.all().find(|entry| entry.name == name)),
    };
    let Some(entry) = found.cloned() else {
        let error = Error::new(format!("there is no macro '{given}'"));
        let names = macros.names_for(package.unwrap_or(&root));
        return Err(match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => error.hint("define it in macros/, or install its package"),
        });
    };
    let mut node =
        Node::new(job.invocation.target.dialect(), ResourceType::Operation, &entry.package_name, &entry.name);
    node.unique_id = entry.unique_id.clone();
    node.original_file_path = entry.original_file_path.clone();
    node.database = job.invocation.target.database.clone();
    node.schema = job.invocation.target.schema.clone();
    let (engine, run) = job.open(&BTreeSet::new())?;
    let clock = Instant::now();
    let connection = Connection::new(engine.session()?);
    let context = NodeContext::new(job.invocation.clone(), Arc::new(node), Some(run), connection);
    let mut arguments = Args::new();
    for (key, value) in &job.options.macro_arguments {
        arguments.named.insert(key.clone(), values::from_json(value));
    }
    let outcome = State::new(&job.invocation.templates.environment, &context)
        .call(&entry.value, arguments)
        .map_err(Error::from)
        .and_then(|_| lock(&context.connection).commit());
    lock(&context.connection).rollback();
    job.invocation.outbox.flush(job.reporter);
    let (status, message, hint) = match outcome {
        Ok(()) => (Status::Success, String::new(), None),
        Err(error) => (Status::Error, error.to_string(), error.hint_text().map(str::to_owned)),
    };
    let mut result = NodeResult::new(&context.node, status, message, clock.elapsed(), hint);
    result.failures = Some(i64::from(status.is_bad()));
    summary.results.push(result);
    runner::tell_failures(&summary.results, job.manifest, job.reporter);
    Ok(())
}
