//! From a node to the SQL that its materialization gets: rendered, with ephemeral models put in.

use crate::build::ctes::{Cte, Injected, with_ctes};
use crate::build::dbt_unit_tests;
use crate::build::output_files::write_output;
use crate::connection::Connection;
use crate::context::execution::Execution;
use crate::context::node_context::NodeContext;
use crate::invocation::Invocation;
use crate::parse::{dbt_generic_tests, test_macros};
use crate::project::macros::at_users_line;
use ingot_core::error::{Error, Result};
use ingot_core::sync::lock;
use ingot_jinja::{SourceMap, Template, WrittenPlace};
use std::sync::Arc;

/// The SQL of a node in its context, ephemeral models injected.
pub(crate) fn compile(context: &NodeContext) -> Result<String> {
    compile_with_map(context).map(|compiled| compiled.sql)
}

/// Compiled SQL that knows which line of the node's file wrote which part of it.
pub(crate) struct Compiled {
    pub(crate) sql: String,
    /// The text as rendered, before anything was injected, and where it came from.
    rendered: String,
    map: SourceMap,
}

impl Compiled {
    /// The place in the node's file that wrote the byte `at` of the SQL; `None` for what was injected, and for a unit
    /// test, whose SQL is that of another node.
    pub(crate) fn written_place(&self, at: usize) -> Option<WrittenPlace> {
        let same = |(a, b): &(u8, u8)| a == b;
        let (sql, rendered) = (self.sql.as_bytes(), self.rendered.as_bytes());
        let before = sql.iter().copied().zip(rendered.iter().copied()).take_while(same).count();
        if at < before {
            return self.map.place(&self.rendered, at);
        }
        let behind = sql.iter().rev().copied().zip(rendered.iter().rev().copied()).take_while(same).count();
        let from_end = sql.len().checked_sub(at)?;
        (from_end <= behind).then(|| self.map.place(&self.rendered, rendered.len() - from_end)).flatten()
    }
}

/// [`compile`], with what is needed to say which line of the node's file wrote what.
pub(crate) fn compile_with_map(context: &NodeContext) -> Result<Compiled> {
    let invocation = &context.invocation;
    let node = &context.node;
    if let Some(test) = node.unit_test() {
        let sql = dbt_unit_tests::compile(context, test)?;
        return Ok(Compiled { sql, rendered: String::new(), map: SourceMap::default() });
    }
    if let Some(test) = node.generic_test() {
        test_macros::check(invocation, node)?;
        dbt_generic_tests::give_arguments(context, invocation, &test.kwargs)?;
    }
    let template = Template::parse_piece(
        node.raw_code.clone(),
        &node.original_file_path,
        node.line,
        &invocation.templates.environment,
    );
    let template = template.map_err(Error::from)?;
    let rendered = template.render_with_map(&invocation.templates.environment, context);
    let (rendered, map) = rendered.map_err(|error| {
        let error = at_users_line(error, node);
        match node.generic_test() {
            Some(_) => error.context(format!("{}:{}", node.original_file_path, node.line)),
            None => error,
        }
    })?;
    let Some(run) = &context.execution else {
        return Ok(Compiled { sql: rendered.clone(), rendered, map });
    };
    let mut injected: Vec<Cte> = Vec::new();
    let needed = match invocation.settings.inject_ephemerals {
        true => lock(&context.noted).ephemerals.clone(),
        false => Vec::new(),
    };
    for index in needed {
        ephemeral(invocation, run, index, &context.connection, &mut injected).map_err(|broken| {
            if run.selected_ephemerals.get().is_some_and(|selected| selected.contains(&broken.id)) {
                lock(&run.broken_ephemerals).insert(broken.id.clone(), broken.error.with_hint().to_string());
                lock(&context.noted).broken_ephemeral = Some(broken.id);
            }
            broken.error
        })?;
    }
    let sql = with_ctes(&rendered, &injected);
    if !injected.is_empty() || node.is_ephemeral() {
        let code = node.is_ephemeral().then(|| sql.clone());
        lock(&run.injected).insert(node.unique_id.clone(), Injected { code, ctes: injected });
    }
    Ok(Compiled { sql, rendered, map })
}

/// An ephemeral model that cannot be compiled.
struct Broken {
    id: String,
    error: Error,
}

/// Adds an ephemeral model, after those that it needs itself.
fn ephemeral(
    invocation: &Arc<Invocation>,
    run: &Arc<Execution>,
    index: usize,
    connection: &std::sync::Mutex<Connection>,
    out: &mut Vec<Cte>,
) -> std::result::Result<(), Broken> {
    let node = &run.manifest.nodes[index];
    let broken = |error: Error| Broken { id: node.unique_id.clone(), error };
    let name = format!("__dbt__cte__{}", node.alias);
    if out.iter().any(|known| known.name == name) {
        return Ok(());
    }
    // The model that needs it lends its connection, for a run_query in the ephemeral one.
    let lent = lock(connection).lend();
    let context = NodeContext::new(invocation.clone(), Arc::new(node.clone()), Some(run.clone()), lent);
    let rendered =
        Template::parse(node.raw_code.clone(), &node.original_file_path, &invocation.templates.environment)
            .and_then(|template| template.render(&invocation.templates.environment, &context));
    let needed = lock(&context.noted).ephemerals.clone();
    lock(connection).take_back(std::mem::take(&mut *lock(&context.connection)));
    let sql = rendered.map_err(|error| broken(at_users_line(error, node)))?;
    // Its own file shows what it reads; in the model that needs it each is put in once.
    let mut own = Vec::new();
    for index in needed {
        ephemeral(invocation, run, index, connection, &mut own)?;
    }
    let code = with_ctes(&sql, &own);
    write_output(invocation, node, "compiled", &code).map_err(broken)?;
    lock(&run.injected).insert(node.unique_id.clone(), Injected { code: Some(code), ctes: own.clone() });
    for inner in own {
        if !out.iter().any(|known| known.name == inner.name) {
            out.push(inner);
        }
    }
    out.push(Cte { id: node.unique_id.clone(), name, sql });
    Ok(())
}

/// Gives the materialization its SQL under the names it may use.
pub(crate) fn offer(context: &NodeContext, sql: &str) {
    for name in ["sql", "compiled_code", "compiled_sql"] {
        context.set(name, sql);
    }
    context.note_compiled(sql);
}
