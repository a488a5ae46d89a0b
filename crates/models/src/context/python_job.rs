//! `submit_python_job()`: runs the model in Python, and puts a query of what it returned in the place of its code.

use crate::context::node_context::{NodeContext, context};
use crate::context::references;
use crate::python::{Handover, Job};
use crate::values;
use ingot_core::report::Level;
use ingot_core::sync::lock;
use ingot_jinja::{Args, Result, State, Value};

/// Runs the model of the context. From here on `sql` and `compiled_code` are a query of its rows.
pub(super) fn submit(state: &mut State<'_>, _args: Args) -> Result<Value> {
    let context = context(state)?;
    let is_incremental = state.lookup("is_incremental");
    let is_incremental = match is_incremental {
        Some(macro_) => {
            let answer = state.call(&macro_, Args::new())?;
            answer.is_true() && values::text(&answer).trim() != "False"
        }
        None => false,
    };
    run(context, is_incremental).map_err(ingot_jinja::Error::from)?;
    Ok("".into())
}

fn run(context: &NodeContext, is_incremental: bool) -> ingot_core::error::Result<()> {
    let (node, invocation) = (&context.node, &context.invocation);
    let (refs, sources) = references::python_inputs(context)?;
    let mut handover = Handover::new(&invocation.settings.target_folder, &node.name)?;
    let job = Job {
        name: &node.name,
        code: &node.raw_code,
        shown_file: &node.original_file_path,
        refs,
        sources,
        this: references::relation_of(node),
        is_incremental,
        config: &node.config,
        project_root: &invocation.project.root.root,
        interrupt: &invocation.settings.interrupt,
    };
    let outcome = {
        let mut connection = lock(&context.connection);
        job.run(&mut handover, &mut connection)
    };
    lock(&context.noted).python = Some(handover);
    let (query, printed) = outcome?;
    for line in printed.lines().filter(|line| !line.trim().is_empty()) {
        invocation.outbox.say(Level::Info, line.to_owned());
    }
    for name in ["sql", "compiled_code", "compiled_sql"] {
        context.set(name, query.as_str());
    }
    Ok(())
}
