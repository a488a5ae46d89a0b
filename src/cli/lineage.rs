//! `ingot lineage`.

use super::check::checked;
use super::exit::Exit;
use super::global::{Format, Global};
use super::run_models::Connection;
use crate::revisions::AtRevision;
use clap::ValueEnum;
use ingot_catalog::{Direction, Lineage, Revision, SourceTypes, TrailFormat, impact, named_columns, trail};
use ingot_core::error::{Error, Kind, Result};
use ingot_core::project::Project;
use ingot_core::report::Event;
use ingot_powerbi::project::{ReportObject, uses};

/// Show what a column is made of, back to raw files, or what is made of it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Lineage is read from the models as they are now, with the parser that runs them; nothing has to run. \
                  A column reaches another one as a copy, transformed or aggregated. Columns that decide which rows a \
                  table has are listed apart. What cannot be resolved is listed by `--format json`, never guessed."
)]
pub(super) struct Arguments {
    /// Table, or a column of it: fct_sales, gold.fct_sales.net_amount, raw.orders_lines.qty, "measure.Net sales".
    /// Without it: how many columns are resolved, and which are not
    #[arg(value_name = "TABLE[.COLUMN]")]
    name: Option<String>,
    /// What it is made of [default]
    #[arg(long)]
    up: bool,
    /// What is made of it
    #[arg(long, conflicts_with = "up")]
    down: bool,
    /// What has changed since a revision of git, and what that reaches: --since main
    #[arg(long, value_name = "REVISION", conflicts_with_all = ["name", "up", "down"])]
    since: Option<String>,
    /// The revision to compare with --since [default: the files as they are]
    #[arg(long, value_name = "REVISION", requires = "since")]
    until: Option<String>,
    /// Print a tree, JSON, a Mermaid diagram, or OpenLineage events, one a line
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: LineageFormat,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum LineageFormat {
    #[default]
    Tree,
    Json,
    Mermaid,
    Openlineage,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let reporter = global.reporter_for(match arguments.format {
        LineageFormat::Tree => Format::Text,
        _ => Format::Json,
    });
    let project = global.project()?;
    if let Some(since) = &arguments.since {
        let before = AtRevision::of(&project, since)?;
        let before = revision(&before.project(), &arguments.connection)?;
        let after = match &arguments.until {
            Some(until) => revision(&AtRevision::of(&project, until)?.project(), &arguments.connection)?,
            None => revision(&project, &arguments.connection)?,
        };
        let found = impact(&before, &after);
        let line = match arguments.format {
            LineageFormat::Json => format!("{:#}", found.json()),
            _ => found.text(),
        };
        reporter.report(Event::Result { line });
        return Ok(Exit::Success);
    }
    let revision = revision(&project, &arguments.connection)?;
    let lineage = &revision.lineage;
    let text = match &arguments.name {
        Some(name) => {
            let start = named_columns(lineage, name)?;
            let direction = if arguments.down { Direction::Down } else { Direction::Up };
            let format = match arguments.format {
                LineageFormat::Tree => TrailFormat::Tree,
                LineageFormat::Json => TrailFormat::Json,
                LineageFormat::Mermaid => TrailFormat::Mermaid,
                LineageFormat::Openlineage => TrailFormat::OpenLineage,
            };
            trail(lineage, &start, direction, format, &jiff::Timestamp::now().to_string())
        }
        None => summary(lineage, arguments.format),
    };
    reporter.report(Event::Result { line: text });
    Ok(Exit::Success)
}

/// A project with its lineage.
fn revision(project: &Project, connection: &Connection) -> Result<Revision> {
    traced(project, connection, &uses(&project.analytics())?).map(|(revision, _)| revision)
}

/// A project with its lineage, and what was known of its sources. `report` is what Power BI shows of it.
pub(super) fn traced(
    project: &Project,
    connection: &Connection,
    report: &[ReportObject],
) -> Result<(Revision, SourceTypes)> {
    let (found, sources) = checked(project, connection)?;
    if found.nodes.is_empty() {
        let error = Error::new("the project cannot be read").at(project.root()).of_kind(Kind::Sql);
        return Err(error.hint("run `ingot check`, which says what is wrong"));
    }
    let lineage = Lineage::of(&found, &sources, report)?;
    Ok((Revision { project: found, lineage }, sources))
}

/// How much is resolved, and what is not.
fn summary(lineage: &Lineage, format: LineageFormat) -> String {
    let (resolved, all) = lineage.resolved();
    let listed = lineage.unresolved.iter().map(|one| {
        let node = &lineage.nodes[one.node];
        let column = one.column.map(|at| format!(".{}", node.columns[at])).unwrap_or_default();
        (format!("{}{column}", node.label), one.why.clone())
    });
    if format == LineageFormat::Tree {
        let share = 100.0 * resolved as f64 / (all.max(1)) as f64;
        let first = format!("{resolved} of {all} columns of models are resolved ({share:.1} %)");
        let rest = listed.map(|(label, why)| format!("not resolved: {label}: {why}"));
        return std::iter::once(first).chain(rest).collect::<Vec<_>>().join("\n");
    }
    let unresolved: Vec<_> =
        listed.map(|(label, why)| serde_json::json!({"column": label, "why": why})).collect();
    let edges = lineage.edges.iter().map(|edge| {
        let name = |id: ingot_catalog::ColumnId| {
            let node = &lineage.nodes[id.node];
            serde_json::json!([node.label, node.columns[id.column]])
        };
        serde_json::json!({"from": name(edge.from), "to": name(edge.to), "how": edge.how.word()})
    });
    let rows = lineage.row_edges.iter().map(|edge| {
        let node = &lineage.nodes[edge.from.node];
        let kinds: Vec<&str> = edge.kinds.iter().map(|kind| kind.word()).collect();
        serde_json::json!({"from": [node.label, node.columns[edge.from.column]], "to": lineage.nodes[edge.to].label, "how": kinds})
    });
    format!(
        "{:#}",
        serde_json::json!({"resolved": resolved, "columns": all, "unresolved": unresolved, "edges": edges.collect::<Vec<_>>(), "rows": rows.collect::<Vec<_>>()})
    )
}
