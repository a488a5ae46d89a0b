//! `show`: the first rows of a model or of a query; and what `compile` prints.

use crate::build::compile;
use crate::connection::Connection;
use crate::context::config;
use crate::context::node_context::NodeContext;
use crate::context::references::relation_of;
use crate::final_semicolon::without_final_semicolon;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::options::{RunOptions, Verb};
use crate::outcomes::{NodeResult, RunSummary, ShownNode, Status};
use crate::parse;
use crate::values;
use crate::verbs::job::Job;
use ingot_core::error::{Error, Result};
use ingot_core::sync::lock;
use ingot_engine::{Cell, Rows};

use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

/// The name under which dbt shows a query that is in no file.
const INLINE: &str = "inline_query";

/// Shows the selected nodes, or the query of `--inline`.
pub(crate) fn run(job: &Job, selected: &BTreeSet<usize>, summary: &mut RunSummary) -> Result<()> {
    let options = job.options;
    if options.inline.is_none() && options.select.is_empty() && options.selector.is_none() {
        return Err(Error::new("show needs to know what to show")
            .in_dbts_words("Either --select or --inline must be passed to show")
            .hint("name a model with --select, or give a query: --inline \"select * from {{ ref('a') }}\""));
    }
    let (engine, run) = job.open(selected)?;
    crate::verbs::clone::defer(job, &run, selected)?;
    let mut nodes: Vec<Node> = Vec::new();
    match &options.inline {
        Some(text) => nodes.push(inline(job, text)?),
        None => nodes.extend(selected.iter().map(|index| job.manifest.nodes[*index].clone())),
    }
    // Tests come along with what they look at; they are shown where nothing else is selected.
    if nodes.iter().any(|node| node.resource_type() != ResourceType::Test) {
        nodes.retain(|node| node.resource_type() != ResourceType::Test);
    }
    if nodes.is_empty() {
        job.reporter.warn("there is nothing to show".to_owned());
    }
    for node in nodes {
        let clock = Instant::now();
        let connection = Connection::new(engine.session()?);
        let context = NodeContext::new(job.invocation.clone(), Arc::new(node), Some(run.clone()), connection);
        let node = context.node.clone();
        let sql = sql_of(&context)?;
        let mut query = limited(&sql, options.limit);
        match config::sql_header(&context) {
            // Statements of their own, or the beginning of this one.
            Some(header) if header.trim_end().ends_with(';') => {
                lock(&context.connection).execute(&header, false)?;
            }
            Some(header) => query = format!("{header}\n{query}"),
            None => {}
        }
        let outcome = lock(&context.connection).query(&query, false);
        job.invocation.outbox.flush(job.reporter);
        let rows = outcome.map_err(|error| {
            let error = error.context(format!("showing '{}'", node.name));
            if error.place().is_none() { error.at(&node.original_file_path) } else { error }
        })?;
        let title = (options.inline.is_none()).then(|| titled(&node));
        let lines = shown(&rows, title.as_deref(), options);
        let preview = match options.json {
            true => Json::Array(json_rows(&rows)).to_string(),
            false => table(&rows).join("\n"),
        };
        summary.shown.push(ShownNode {
            event: "ShowNode",
            text: lines.join("\n"),
            data: json!({
                "node_name": titled(&node), "preview": preview, "is_inline": options.inline.is_some(),
                "output_format": form(options), "unique_id": node.unique_id, "quiet": options.quiet,
            }),
        });
        summary.output.extend(lines);
        let mut result = NodeResult::new(&node, Status::Success, "OK".to_owned(), clock.elapsed(), None);
        result.compiled_code = Some(sql);
        summary.results.push(result);
    }
    Ok(())
}

/// The name above the rows of a node; that of a version has the version at its end.
fn titled(node: &Node) -> String {
    match &node.version {
        Some(version) => format!("{}.v{version}", node.name),
        None => node.name.clone(),
    }
}

/// A node made of the text of --inline.
fn inline(job: &Job, text: &str) -> Result<Node> {
    parse::inline::inline(job.invocation, job.manifest, INLINE, text)
}

/// A seed is shown as it is in the database; everything else as its query gives it.
fn sql_of(context: &NodeContext) -> Result<String> {
    if context.node.resource_type() == ResourceType::Seed {
        return Ok(format!("select * from {}", relation_of(&context.node).render()));
    }
    compile::compile(context)
}

fn limited(sql: &str, limit: Option<u64>) -> String {
    match limit {
        Some(limit) => format!("select * from (\n{}\n) limit {limit}", without_final_semicolon(sql).trim()),
        None => sql.to_owned(),
    }
}

/// Rows as lines: JSON, or a table that people read.
pub(crate) fn shown(rows: &Rows, name: Option<&str>, options: &RunOptions) -> Vec<String> {
    if options.json {
        let list = json_rows(rows);
        let value = match name {
            Some(name) => json!({"node": name, "show": list}),
            None => json!({"show": list}),
        };
        return vec![serde_json::to_string_pretty(&value).unwrap_or_default()];
    }
    let mut out = Vec::new();
    if !options.quiet {
        out.push(
            name.map_or("Previewing inline node:".to_owned(), |name| format!("Previewing node '{name}':")),
        );
    }
    out.extend(table(rows));
    out.push(String::new());
    out
}

/// Each row as an object.
fn json_rows(rows: &Rows) -> Vec<Json> {
    let object = |row: &Vec<Cell>| {
        let members = rows.columns.iter().zip(row);
        Json::Object(members.map(|(column, cell)| (column.name.clone(), json_of(cell))).collect())
    };
    rows.rows.iter().map(object).collect()
}

/// The rows as people read them, with their names above them.
fn table(rows: &Rows) -> Vec<String> {
    let header: Vec<String> = rows.columns.iter().map(|column| column.name.clone()).collect();
    let cells: Vec<Vec<String>> = rows.rows.iter().map(|row| row.iter().map(text_of).collect()).collect();
    let width = |index: usize| {
        let longest = cells.iter().map(|row| row[index].chars().count()).max().unwrap_or(0);
        longest.max(header[index].chars().count()).max(3)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |row: &[String]| {
        let padded: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("| {} |", padded.join(" | "))
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    [&header, &rule].into_iter().chain(&cells).map(|row| line(row)).collect()
}

/// dbt's word for how rows and SQL are printed.
fn form(options: &RunOptions) -> &'static str {
    if options.json { "json" } else { "text" }
}

/// The SQL of a node, as the log has it.
fn compiled_node(
    options: &RunOptions,
    node_name: &str,
    unique_id: &str,
    sql: &str,
    lines: &[String],
) -> ShownNode {
    ShownNode {
        event: "CompiledNode",
        text: lines.join("\n"),
        data: json!({
            "node_name": node_name, "compiled": sql, "is_inline": options.inline.is_some(),
            "output_format": form(options), "unique_id": unique_id, "quiet": options.quiet,
        }),
    }
}

fn text_of(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Bool(flag) => if *flag { "True" } else { "False" }.to_owned(),
        Cell::Int(number) => number.to_string(),
        Cell::Float(number) => number.to_string(),
        Cell::Nested(_) => values::from_cell(cell).to_string(),
        other => other.to_string().replace('\n', "\\n"),
    }
}

/// As agate's tables give it under dbt: in Python's forms, moments in ISO 8601.
fn json_of(cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Bool(flag) => (*flag).into(),
        Cell::Int(number) => match i64::try_from(*number) {
            Ok(number) => number.into(),
            Err(_) => number.to_string().into(),
        },
        Cell::Float(number) => (*number).into(),
        Cell::Decimal(text) => text.parse::<f64>().map_or_else(|_| text.as_str().into(), Json::from),
        Cell::Timestamp(_) => values::text(&values::from_cell(cell)).replacen(' ', "T", 1).into(),
        _ => values::text(&values::from_cell(cell)).into(),
    }
}

/// `compile --inline`: the SQL of a query that is in no file.
pub(crate) fn compile_inline(job: &Job, text: &str, summary: &mut RunSummary) -> Result<()> {
    let clock = Instant::now();
    let node = inline(job, text)?;
    let nothing = BTreeSet::new();
    let (engine, run) = job.open(&nothing)?;
    crate::verbs::clone::defer(job, &run, &nothing)?;
    let connection = Connection::new(engine.session()?);
    let context = NodeContext::new(job.invocation.clone(), Arc::new(node), Some(run), connection);
    let sql = compile::compile(&context)?;
    job.invocation.outbox.flush(job.reporter);
    let mut lines = Vec::new();
    if job.options.json {
        lines.push(json!({"compiled": sql}).to_string());
    } else {
        if !job.options.quiet {
            lines.push("Compiled inline node is:".to_owned());
        }
        lines.push(sql.clone());
    }
    let node = &context.node;
    summary.shown.push(compiled_node(job.options, INLINE, &node.unique_id, &sql, &lines));
    summary.output.extend(lines);
    let mut result = NodeResult::new(&context.node, Status::Success, "OK".to_owned(), clock.elapsed(), None);
    result.compiled_code = Some(sql);
    summary.results.push(result);
    Ok(())
}

/// What `compile` prints: the SQL of the nodes that `--select` names one by one.
pub(crate) fn compiled(job: &Job, summary: &mut RunSummary) {
    if job.options.verb != Verb::Compile {
        return;
    }
    let named: Vec<&str> = job.options.select.iter().flat_map(|text| text.split_whitespace()).collect();
    let mut all = Vec::new();
    for result in summary.results.iter().filter(|result| named.contains(&result.name.as_str())) {
        let Some(code) = &result.compiled_code else { continue };
        let mut lines = Vec::new();
        if job.options.json {
            lines.push(json!({"node": result.name, "compiled": code}).to_string());
        } else {
            if !job.options.quiet {
                lines.push(format!("Compiled node '{}' is:", result.name));
            }
            lines.push(code.clone());
        }
        summary.shown.push(compiled_node(job.options, &result.name, &result.unique_id, code, &lines));
        all.extend(lines);
    }
    summary.output.extend(all);
}

/// `seed --show`: the first rows of each seed that was loaded.
pub(crate) fn seeds(job: &Job, summary: &mut RunSummary) -> Result<()> {
    let (engine, _) = job.open(&BTreeSet::new())?;
    let mut lines = Vec::new();
    for result in summary.results.iter().filter(|result| result.status == Status::Success) {
        let node = job.manifest.node(&result.unique_id);
        let Some(node) = node.filter(|node| node.resource_type() == ResourceType::Seed) else { continue };
        let sql = limited(&format!("select * from {}", relation_of(node).render()), Some(10));
        lines.extend(shown(&engine.session()?.query(&sql)?, Some(&node.name), job.options));
    }
    summary.output.extend(lines);
    Ok(())
}
