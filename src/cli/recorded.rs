//! Keeps a command's run in the history of the project's lake, with what it loaded, ran and measured.

use super::exit::Exit;
use super::global::Global;
use ingot_bronze::{FileStatus, LoadSummary, TableSummary};
use ingot_core::error::Result;
use ingot_core::report::LiveFile;
use ingot_models::{NodeResult, RunSummary, TestMeasure};
use ingot_operate::{CheckKind, Measure, RunPart, RunRecord};
use jiff::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Does the command's work, which notes what it did, and keeps the run in the lake that it worked on. A run that cannot be kept
/// is a warning: the work is done all the same.
pub(super) fn recorded(
    command: &str,
    lake: Option<PathBuf>,
    global: &Global,
    work: impl FnOnce(&mut Notes) -> Result<Exit>,
) -> Result<Exit> {
    let (started, clock) = (Timestamp::now(), Instant::now());
    let mut notes = Notes::since(started);
    let live = live_file(command, started, global);
    let outcome = work(&mut notes);
    let lake = match lake {
        Some(lake) => lake,
        None => global.project()?.lake(),
    };
    let (result, error) = ended(&outcome);
    if let Some(live) = live {
        live.end(result);
    }
    // A project without a lake has no place for its history, and one that could not be written has no need of it.
    if !lake.is_dir() {
        return outcome;
    }
    let run = RunRecord {
        command: command.to_owned(),
        arguments: std::env::args().skip(1).collect(),
        started,
        seconds: clock.elapsed().as_secs_f64(),
        result: result.to_owned(),
        error,
        parts: notes.parts,
        measures: notes.measures,
    };
    if let Err(error) = ingot_operate::record_run(&lake, &run) {
        global.reporter().warn(format!("the run is not in the history: {error}"));
    }
    outcome
}

/// The file by which `ingot ui` follows the run. Without one the run is as good.
fn live_file(command: &str, started: Timestamp, global: &Global) -> Option<Arc<LiveFile>> {
    let folder = global.project().ok()?.live_runs();
    let file = LiveFile::begin(&folder, command, &started.to_string()).ok()?;
    global.be_followed(file.clone());
    Some(file)
}

/// How a run ended in a word, and what went wrong.
fn ended(outcome: &Result<Exit>) -> (&'static str, Option<String>) {
    match outcome {
        Ok(Exit::Success) => ("ok", None),
        Ok(Exit::Failed) => ("failed", None),
        Ok(Exit::CouldNotRun) => ("could not run", None),
        Err(error) => {
            let result = if Exit::from(error) == Exit::Failed { "failed" } else { "could not run" };
            (result, Some(error.message().to_owned()))
        }
    }
}

/// What a command notes of its run while it works.
#[derive(Debug)]
pub(super) struct Notes {
    started: Timestamp,
    parts: Vec<RunPart>,
    measures: Vec<Measure>,
}

impl Notes {
    /// Of a run that began then.
    pub(super) fn since(started: Timestamp) -> Self {
        Self { started, parts: Vec::new(), measures: Vec::new() }
    }

    /// The tables of a load.
    pub(super) fn add_load(&mut self, summary: &LoadSummary) {
        self.parts.extend(summary.tables.iter().map(part_of_table));
        self.measures.extend(summary.tables.iter().flat_map(measures_of_table));
    }

    /// The nodes of a run; not those that did not run because nothing had changed.
    pub(super) fn add_run(&mut self, summary: &RunSummary) {
        let part = |node: &NodeResult| part_of_node(node, self.started);
        let ran = summary.results.iter().filter(|node| !node.unchanged);
        self.parts.extend(ran.map(part).collect::<Vec<_>>());
        self.measures.extend(summary.measures.iter().map(measure_of_test));
    }
}

fn part_of_table(table: &TableSummary) -> RunPart {
    let failed = table.error.is_some() || table.count(FileStatus::Failed) > 0;
    let reason = table.files.iter().find_map(|file| file.error.clone());
    RunPart {
        kind: "table".to_owned(),
        name: format!("bronze.{}", table.table),
        status: if failed { "failed" } else { "ok" }.to_owned(),
        rows: Some(table.accepted()),
        failures: Some(table.rejected()),
        began: None,
        seconds: table.seconds,
        message: table.error.clone().or(reason),
    }
}

fn part_of_node(node: &NodeResult, run_started: Timestamp) -> RunPart {
    RunPart {
        kind: node.resource_type.to_owned(),
        name: node.unique_id.clone(),
        status: node.status.name().to_owned(),
        rows: (node.resource_type != "test").then_some(node.rows_affected),
        failures: node.failures.and_then(|count| u64::try_from(count).ok()),
        began: Some(node.started.duration_since(run_started).as_secs_f64().max(0.0)),
        seconds: node.elapsed.as_secs_f64(),
        message: Some(node.message.clone()).filter(|message| !message.is_empty()),
    }
}

/// Of the rows that a load read: how many it took, how many each reason rejected; how the rules on the table did, and how old
/// its newest load is.
fn measures_of_table(table: &TableSummary) -> Vec<Measure> {
    let name = format!("bronze.{}", table.table);
    let mut found = Vec::new();
    let read = table.read();
    if read > 0 {
        found.push(Measure::of_rows(&name, "accepted", CheckKind::Acceptance, Some(read), table.rejected()));
        found.extend(table.reasons.iter().map(|((code, column), count)| {
            let kind = match code.as_str() {
                "REQUIRED_MISSING" | "NULL_VALUES" | "MISSING_VALUES" => CheckKind::Null,
                _ => CheckKind::Anomaly,
            };
            Measure::of_rows(&name, code, kind, Some(read), count.rows).of_column(column.clone())
        }));
    }
    found.extend(table.rules.iter().map(|rule| {
        let kind = match rule.dimension.as_deref() {
            Some("completeness") => CheckKind::Null,
            Some("uniqueness") => CheckKind::Unique,
            _ => CheckKind::Anomaly,
        };
        Measure::of_rows(&name, &rule.rule, kind, None, u64::from(!rule.holds))
    }));
    if let (Some(newest), Some(allowed)) = (table.newest_load, table.fresh_hours) {
        let hours = (Timestamp::now().as_microsecond() - newest) as f64 / 3.6e9;
        found.push(Measure::of_age(&name, hours, allowed));
    }
    found
}

fn measure_of_test(test: &TestMeasure) -> Measure {
    let kind = match test.generic.as_deref() {
        Some("relationships") => CheckKind::ForeignKey,
        Some("not_null") => CheckKind::Null,
        Some("unique") => CheckKind::Unique,
        _ => CheckKind::Anomaly,
    };
    Measure::of_rows(&test.table, &test.check, kind, test.rows, test.failures).of_column(test.column.clone())
}
