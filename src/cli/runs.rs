//! `ingot runs`.

use super::exit::Exit;
use super::global::{Format, Global};
use clap::{Args, Subcommand};
use ingot_core::error::Result;
use ingot_core::report::Event;
use ingot_operate::RunsView;
use std::path::PathBuf;

/// How many rows a table shows without `--limit`.
const SHOWN: usize = 20;

/// What a table of runs shows, so that it fits a terminal of 80 columns. The name of a run begins with when it started;
/// arguments and errors are in `ingot runs show` and in the JSON document.
const NARROW: [&str; 7] = ["run", "command", "result", "seconds", "peak MB", "parts", "rows"];

/// Show the history of runs: how they ended, how long they took, what failed
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Each run has rows in the Parquet files of lake/_runs: one for itself, and one for each table that it loaded or node that it ran."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Subcommand)]
enum Command {
    Show(Show),
    Parts(Parts),
}

/// Show the tables or nodes of one run: what failed first, then the slowest
#[derive(Debug, Args)]
struct Show {
    /// Run, or the beginning of its name
    id: String,
    #[command(flatten)]
    shown: Shown,
}

/// Show tables and nodes over all runs: slowest first, with growth of rows and flaky tests
#[derive(Debug, Args)]
struct Parts {
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
struct Shown {
    /// Folder of the lake [default: lake in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    lake: Option<PathBuf>,
    /// Show at most N rows [default: 20 as a table, otherwise all]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print a table, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let (view, shown) = match &arguments.command {
        None => (RunsView::Runs, &arguments.shown),
        Some(Command::Show(show)) => (RunsView::Run(show.id.clone()), &show.shown),
        Some(Command::Parts(parts)) => (RunsView::Parts, &parts.shown),
    };
    let reporter = global.reporter_for(shown.format);
    let lake = match &shown.lake {
        Some(lake) => lake.clone(),
        None => global.project()?.lake(),
    };
    let limit = shown.limit.or((shown.format == Format::Text).then_some(SHOWN));
    let found = ingot_operate::runs(&lake, &view, limit)?;
    reporter.report(match shown.format {
        Format::Text if view == RunsView::Runs => Event::Table(found.table_of(&NARROW)),
        Format::Text => Event::Table(found.table()),
        Format::Json => Event::Result { line: format!("{:#}", found.json()) },
    });
    Ok(Exit::Success)
}
