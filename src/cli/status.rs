//! `ingot status`.

use super::exit::Exit;
use super::global::{Format, Global};
use crate::{alert, status, watch};
use ingot_bronze::LoadOptions;
use ingot_core::error::Result;
use ingot_core::project::Project;
use ingot_core::report::{Event, Reporter};
use std::path::PathBuf;

/// Show on one screen what is late or failed, and what to do next
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 nothing is alarming, 1 something failed or is later than its contract allows, 2 the status cannot be read."
)]
pub(super) struct Arguments {
    /// If something is alarming, run this command of the shell with one line of JSON on its standard input
    #[arg(long, value_name = "COMMAND", env = "INGOT_ON_ALERT")]
    on_alert: Option<String>,
    /// Folder of the lake [default: lake in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    lake: Option<PathBuf>,
    /// DuckDB file with the manifest [default: duckdb/warehouse.duckdb in the project]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Show how `ingot watch` is: what it loaded, what waits, what failed
    #[arg(long, conflicts_with_all = ["lake", "manifest"])]
    watch: bool,
    /// Print tables, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let reporter = global.reporter_for(arguments.format);
    let project = global.project()?;
    if arguments.watch {
        return show_watch(arguments, &project, reporter.as_ref());
    }
    let options = LoadOptions::new(
        project.data_raw(),
        arguments.lake.clone().unwrap_or_else(|| project.lake()),
        arguments.manifest.clone().unwrap_or_else(|| project.warehouse()),
        project.schemas(),
    );
    let found = status::status(&options, reporter.as_ref())?;
    match arguments.format {
        Format::Json => reporter.report(Event::Result { line: format!("{:#}", found.json()) }),
        Format::Text => {
            for table in found.tables() {
                reporter.report(Event::Table(table));
            }
            if found.findings.is_empty() {
                reporter.info("nothing to do".to_owned());
            }
        }
    }
    if found.has_alert()
        && let Some(command) = &arguments.on_alert
    {
        alert::tell(command, &found.findings)?;
    }
    Ok(Exit::failed_if(found.has_alert()))
}

fn show_watch(arguments: &Arguments, project: &Project, reporter: &dyn Reporter) -> Result<Exit> {
    let (state, runs) = watch::state_of(project)?;
    match arguments.format {
        Format::Json => {
            reporter.report(Event::Result { line: format!("{:#}", watch::json_of(&state, runs)) });
        }
        Format::Text => {
            watch::tables(&state, runs).into_iter().for_each(|table| reporter.report(Event::Table(table)));
        }
    }
    let findings = watch::findings(&state, runs);
    if let (false, Some(command)) = (findings.is_empty(), &arguments.on_alert) {
        alert::tell(command, &findings)?;
    }
    Ok(Exit::failed_if(!findings.is_empty()))
}
