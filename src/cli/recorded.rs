//! Keeps a command's run in the history of the project's lake, with what it loaded or ran.

use super::exit::Exit;
use super::global::Global;
use ingot_bronze::{FileStatus, LoadSummary};
use ingot_core::error::Result;
use ingot_models::RunSummary;
use ingot_operate::{RunPart, RunRecord};
use jiff::Timestamp;
use std::path::PathBuf;
use std::time::Instant;

/// Does the command's work, which notes its parts, and keeps the run in the lake that it worked on. A run that cannot be kept
/// is a warning: the work is done all the same.
pub(super) fn recorded(
    command: &str,
    lake: Option<PathBuf>,
    global: &Global,
    work: impl FnOnce(&mut Vec<RunPart>) -> Result<Exit>,
) -> Result<Exit> {
    let (started, clock) = (Timestamp::now(), Instant::now());
    let mut parts = Vec::new();
    let outcome = work(&mut parts);
    let lake = match lake {
        Some(lake) => lake,
        None => global.project()?.lake(),
    };
    // A project without a lake has no place for its history, and one that could not be written has no need of it.
    if !lake.is_dir() {
        return outcome;
    }
    let (result, error) = match &outcome {
        Ok(Exit::Success) => ("ok", None),
        Ok(Exit::Failed) => ("failed", None),
        Ok(Exit::CouldNotRun) => ("could not run", None),
        Err(error) => {
            let result = if Exit::from(error) == Exit::Failed { "failed" } else { "could not run" };
            (result, Some(error.message().to_owned()))
        }
    };
    let run = RunRecord {
        command: command.to_owned(),
        arguments: std::env::args().skip(1).collect(),
        started,
        seconds: clock.elapsed().as_secs_f64(),
        result: result.to_owned(),
        error,
        parts,
    };
    if let Err(error) = ingot_operate::record_run(&lake, &run) {
        global.reporter().warn(format!("the run is not in the history: {error}"));
    }
    outcome
}

/// The tables of a load.
pub(super) fn parts_of_load(summary: &LoadSummary) -> Vec<RunPart> {
    summary
        .tables
        .iter()
        .map(|table| {
            let failed = table.error.is_some() || table.count(FileStatus::Failed) > 0;
            let reason = table.files.iter().find_map(|file| file.error.clone());
            RunPart {
                kind: "table".to_owned(),
                name: format!("bronze.{}", table.table),
                status: if failed { "failed" } else { "ok" }.to_owned(),
                rows: Some(table.accepted()),
                failures: Some(table.rejected()),
                seconds: table.seconds,
                message: table.error.clone().or(reason),
            }
        })
        .collect()
}

/// The nodes of a run.
pub(super) fn parts_of_run(summary: &RunSummary) -> Vec<RunPart> {
    summary
        .results
        .iter()
        .map(|node| RunPart {
            kind: node.resource_type.to_owned(),
            name: node.unique_id.clone(),
            status: node.status.name().to_owned(),
            rows: (node.resource_type != "test").then_some(node.rows_affected),
            failures: node.failures.and_then(|count| u64::try_from(count).ok()),
            seconds: node.elapsed.as_secs_f64(),
            message: Some(node.message.clone()).filter(|message| !message.is_empty()),
        })
        .collect()
}
