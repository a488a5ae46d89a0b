//! From a node to the SQL that its materialization gets: rendered, with ephemeral models put in.

use crate::build::dbt_unit_tests;
use crate::connection::Connection;
use crate::context::execution::Execution;
use crate::context::node_context::NodeContext;
use crate::graph::node::{Node, ResourceType};
use crate::invocation::Invocation;
use crate::parse::dbt_generic_tests;
use crate::project::macros::at_users_line;
use ingot_core::error::{Context, Error, Result};
use ingot_core::sync::lock;
use ingot_jinja::Template;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a node's SQL is written under `target/compiled` or `target/run`.
pub(crate) fn output_file(invocation: &Invocation, node: &Node, folder: &str) -> PathBuf {
    let base = invocation.settings.target_folder.join(folder).join(&node.package_name);
    if let Some(batch) = &node.batch {
        let file = base.join(&node.original_file_path);
        let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        return file.with_extension("").join(format!("{stem}_{}.sql", batch.name));
    }
    match (&node.generic_test, node.resource_type) {
        (Some(_), _) | (_, ResourceType::UnitTest | ResourceType::Operation) => {
            base.join(&node.original_file_path).join(&node.path)
        }
        (None, ResourceType::Snapshot) => {
            base.join(&node.original_file_path).join(format!("{}.sql", node.name))
        }
        _ => base.join(&node.original_file_path),
    }
}

pub(crate) fn write_output(
    invocation: &Invocation,
    node: &Node,
    folder: &str,
    text: &str,
) -> Result<PathBuf> {
    let file = output_file(invocation, node, folder);
    // Most of what is written over is the same again; and a file system writes out at once what replaces a file.
    if std::fs::read(&file).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(file);
    }
    // Most files have neighbours, so that their folder is there.
    let mut written = std::fs::write(&file, text);
    if let (Err(error), Some(parent)) = (&written, file.parent())
        && error.kind() == std::io::ErrorKind::NotFound
    {
        std::fs::create_dir_all(parent).doing_to("creating the folder", parent)?;
        written = std::fs::write(&file, text);
    }
    written.doing_to("writing", &file)?;
    Ok(file)
}

/// The SQL of a node in its context, ephemeral models injected.
pub(crate) fn compile(context: &NodeContext) -> Result<String> {
    let invocation = &context.invocation;
    let node = &context.node;
    if let Some(test) = &node.unit_test {
        return dbt_unit_tests::compile(context, test);
    }
    if let Some(test) = &node.generic_test {
        dbt_generic_tests::give_arguments(context, invocation, &test.kwargs)?;
    }
    let template = Template::parse_piece(
        node.raw_code.clone(),
        &node.original_file_path,
        node.line,
        &invocation.templates.environment,
    );
    let template = template.map_err(Error::from)?;
    let sql = template.render(&invocation.templates.environment, context).map_err(|error| {
        let error = at_users_line(error, node);
        match &node.generic_test {
            Some(_) => error.context(format!("{}:{}", node.original_file_path, node.line)),
            None => error,
        }
    })?;
    let Some(run) = &context.execution else { return Ok(sql) };
    let mut injected: Vec<(String, String)> = Vec::new();
    let needed = lock(&context.noted).ephemerals.clone();
    for index in needed {
        ephemeral(invocation, run, index, &context.connection, &mut injected)?;
    }
    Ok(with_ctes(&sql, &injected))
}

/// Adds an ephemeral model, after those that it needs itself.
fn ephemeral(
    invocation: &Arc<Invocation>,
    run: &Arc<Execution>,
    index: usize,
    connection: &std::sync::Mutex<Connection>,
    out: &mut Vec<(String, String)>,
) -> Result<()> {
    let node = &run.manifest.nodes[index];
    let name = format!("__dbt__cte__{}", node.alias);
    if out.iter().any(|(known, _)| *known == name) {
        return Ok(());
    }
    // The model that needs it lends its connection, for a run_query in the ephemeral one.
    let lent = std::mem::take(&mut *lock(connection));
    let context = NodeContext::new(invocation.clone(), Arc::new(node.clone()), Some(run.clone()), lent);
    let rendered =
        Template::parse(node.raw_code.clone(), &node.original_file_path, &invocation.templates.environment)
            .and_then(|template| template.render(&invocation.templates.environment, &context));
    let needed = lock(&context.noted).ephemerals.clone();
    *lock(connection) = std::mem::take(&mut *lock(&context.connection));
    let sql = rendered.map_err(|error| at_users_line(error, node))?;
    // Its own file shows what it reads; in the model that needs it each is put in once.
    let mut own = Vec::new();
    for index in needed {
        ephemeral(invocation, run, index, connection, &mut own)?;
    }
    write_output(invocation, node, "compiled", &with_ctes(&sql, &own))?;
    for (inner, text) in own {
        if !out.iter().any(|(known, _)| *known == inner) {
            out.push((inner, text));
        }
    }
    out.push((name, sql));
    Ok(())
}

/// Puts CTEs in front of a query, joined to a `with` that it has.
pub(crate) fn with_ctes(sql: &str, ctes: &[(String, String)]) -> String {
    if ctes.is_empty() {
        return sql.to_owned();
    }
    let written: Vec<String> = ctes.iter().map(|(name, body)| format!("{name} as (\n{body}\n)")).collect();
    let written = written.join(", ");
    let start = after_comments(sql);
    let rest = &sql[start..];
    let word = |text: &str, word: &str| {
        text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
            && text[word.len()..].starts_with(|c: char| c.is_whitespace() || c == '-' || c == '/')
    };
    if !word(rest, "with") {
        // In front of the comments that a query begins with, as under dbt.
        let first = sql.len() - sql.trim_start().len();
        return format!("{}with {written}\n{}", &sql[..first], &sql[first..]);
    }
    let mut at = start + "with".len();
    let after = at + after_comments(&sql[at..]);
    if word(&sql[after..], "recursive") {
        at = after + "recursive".len();
    }
    format!("{} {written}, {}", &sql[..at], sql[at..].trim_start())
}

/// Where the first thing stands that is neither white space nor a comment.
fn after_comments(sql: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = &sql[at..];
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with("--") {
            at += trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            at += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
        } else {
            return at;
        }
    }
}

/// Gives the materialization its SQL under the names it may use.
pub(crate) fn offer(context: &NodeContext, sql: &str) {
    for name in ["sql", "compiled_code", "compiled_sql"] {
        context.set(name, sql);
    }
    context.note_compiled(sql);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ctes_join_what_is_there() {
        let ctes = [("__dbt__cte__a".to_owned(), "select 1".to_owned())];
        assert!(with_ctes("-- x\nselect 2", &ctes).starts_with("with __dbt__cte__a"));
        assert_eq!(with_ctes("select 2", &ctes), "with __dbt__cte__a as (\nselect 1\n)\nselect 2");
        assert_eq!(
            with_ctes("-- with love\nWITH b as (select 1) select 2", &ctes),
            "-- with love\nWITH __dbt__cte__a as (\nselect 1\n), b as (select 1) select 2"
        );
        assert_eq!(
            with_ctes("with recursive b as (x)", &ctes),
            "with recursive __dbt__cte__a as (\nselect 1\n), b as (x)"
        );
        assert!(with_ctes("withdrawals", &ctes).starts_with("with __dbt__cte__a"));
    }
}
