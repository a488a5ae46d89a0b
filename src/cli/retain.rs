//! `ingot retain`.

use super::check::checked;
use super::effect::Effect;
use super::exit::Exit;
use super::global::{Format, Global};
use super::run_models::Connection;
use ingot_bronze::{Expired, LoadOptions, expire};
use ingot_core::error::Result;
use ingot_core::report::{Event, Reporter, Table, bytes, counted, thousands};
use ingot_govern::{old_logs, readers};
use ingot_models::{RunOptions, Verb, places};
use ingot_operate::{VacuumOptions, tables, vacuum};
use serde_json::json;
use std::path::PathBuf;

/// Remove what is older than contracts keep it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "`retention` in the slaProperties of a contract says for how long raw files, rows of bronze and rejects are \
                  kept, all of them or each (retention_raw, retention_bronze, retention_rejects). A raw file is as old as its \
                  newest delivery; one that is not loaded stays. Data files of old versions go as `ingot lake vacuum` removes \
                  them. A contract with `ingot.hold: true` loses nothing.\n\n\
                  Run it with --dry-run first: it names the models that read what would go."
)]
pub(super) struct Arguments {
    /// List what would be removed, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Feeds to look at [default: all]
    #[arg(long, value_name = "TABLE")]
    table: Vec<String>,
    /// Remove logs that nobody has written to for so many days [default: they are kept]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    logs: Option<u32>,
    /// Print text, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Folder of the raw files [default: data_raw in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    raw: Option<PathBuf>,
    /// Folder of the lake [default: lake in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    lake: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

impl Arguments {
    pub(super) fn effect(&self) -> Effect {
        Effect::changes_lake("retain", self.lake.clone()).unless(self.dry_run)
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let absolute = super::run_models::absolute;
    let (lake, raw) = (absolute(arguments.lake.as_deref())?, absolute(arguments.raw.as_deref())?);
    let project = global.project()?;
    let reporter = global.reporter_for(arguments.format);
    let (found, sources) = checked(&project, &arguments.connection)?;
    let mut run = RunOptions::new(Verb::Parse, project.root());
    arguments.connection.apply(&mut run)?;
    let warehouse = places(&run)?.warehouse.unwrap_or_else(|| project.warehouse());
    let mut options = LoadOptions::new(
        raw.unwrap_or_else(|| project.data_raw()),
        lake.unwrap_or_else(|| project.lake()),
        warehouse,
        project.schemas(),
    );
    options.tables.clone_from(&arguments.table);
    options.dry_run = true;
    let now = jiff::Timestamp::now().as_microsecond();
    let planned = expire(&options, now, reporter.as_ref())?;
    // What models need is said before anything goes.
    let mut needed = Vec::new();
    for feed in planned.iter().filter(|feed| feed.rows > 0) {
        for reader in readers(&found, &sources, &feed.table) {
            let what = if reader.is_incremental { "is built from nothing by the next run, and " } else { "" };
            needed.push(format!("{} {what}loses what it has of the rows of {}", reader.model, feed.table));
        }
    }
    if arguments.format == Format::Text {
        needed.iter().for_each(|line| reporter.warn(line.clone()));
    }
    let logs = match arguments.logs {
        Some(days) => old_logs(&project.root().join("logs"), days)?,
        None => ingot_govern::OldLogs::default(),
    };
    let mut versions = Vec::new();
    let done = if arguments.dry_run {
        planned
    } else {
        options.dry_run = false;
        let done = expire(&options, now, reporter.as_ref())?;
        logs.remove()?;
        for feed in done.iter().filter(|feed| feed.rows > 0) {
            for table in tables(&options.lake, &[format!("bronze.{}", feed.table)])? {
                versions.push(vacuum(&table, &VacuumOptions::default())?);
            }
        }
        done
    };
    if !arguments.dry_run {
        let list: Vec<serde_json::Value> = done.iter().map(json_of).collect();
        global.note(|audit| audit.detail("removed", list));
    }
    match arguments.format {
        Format::Json => {
            let list: Vec<serde_json::Value> = done.iter().map(json_of).collect();
            let versions: Vec<serde_json::Value> =
                versions.iter().map(ingot_operate::Vacuumed::json).collect();
            let line = json!({
                "dry_run": arguments.dry_run, "feeds": list, "needed_by": needed,
                "logs": {"files": logs.files.len(), "bytes": logs.bytes}, "old_versions": versions,
            });
            reporter.report(Event::Result { line: format!("{line:#}") });
        }
        Format::Text => show(&done, &logs, arguments.dry_run, reporter.as_ref()),
    }
    Ok(Exit::Success)
}

fn json_of(feed: &Expired) -> serde_json::Value {
    json!({
        "table": feed.table, "hold": feed.is_held, "raw_files": feed.raw_files, "raw_bytes": feed.raw_bytes,
        "rows": feed.rows, "of_raw_files": feed.files_of_rows, "reject_files": feed.reject_files, "version": feed.version,
    })
}

fn show(done: &[Expired], logs: &ingot_govern::OldLogs, dry_run: bool, reporter: &dyn Reporter) {
    for held in done.iter().filter(|feed| feed.is_held) {
        reporter.info(format!("{}: under a legal hold, nothing is removed", held.table));
    }
    let rows = done.iter().filter(|feed| !feed.is_nothing()).map(|feed| {
        vec![
            feed.table.clone(),
            format!("{} ({})", thousands(feed.raw_files), bytes(feed.raw_bytes)),
            thousands(feed.rows),
            thousands(feed.reject_files),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    if rows.is_empty() && logs.files.is_empty() {
        let line = "nothing is older than its contract keeps it".to_owned();
        return reporter.report(Event::Result { line });
    }
    reporter.report(Event::Table(Table {
        title: if dry_run { "what would be removed" } else { "what was removed" }.to_owned(),
        headers: ["feed", "raw files", "rows of bronze", "reject files"].map(str::to_owned).to_vec(),
        rows,
    }));
    if !logs.files.is_empty() {
        reporter.info(format!("logs: {} ({})", counted(logs.files.len() as u64, "file"), bytes(logs.bytes)));
    }
}
