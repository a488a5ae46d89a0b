//! Keeps a command's run in the history of the project's lake, with what it loaded, ran and measured.

use super::audited::ended;
use super::exit::Exit;
use super::global::Global;
use crate::run_notes::RunNotes;
use ingot_core::error::Result;
use ingot_core::project::Project;
use ingot_core::report::LiveFile;
use ingot_operate::RunRecord;
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
    work: impl FnOnce(&mut RunNotes) -> Result<Exit>,
) -> Result<Exit> {
    recorded_in(global.project().ok().as_ref(), command, lake, global, work)
}

/// The same for a command that may have made its project itself.
pub(super) fn recorded_in(
    project: Option<&Project>,
    command: &str,
    lake: Option<PathBuf>,
    global: &Global,
    work: impl FnOnce(&mut RunNotes) -> Result<Exit>,
) -> Result<Exit> {
    let (started, clock) = (Timestamp::now(), Instant::now());
    let mut notes = RunNotes::since(started);
    let live = project.and_then(|project| live_file(project, command, started, global));
    let outcome = work(&mut notes);
    global.note(|audit| audit.add(&notes));
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
        audit: global.settle_entry(result),
    };
    if let Err(error) = ingot_operate::record_run(&lake, &run) {
        global.reporter().warn(format!("the run is not in the history: {error}"));
    }
    outcome
}

/// The file by which `ingot ui` follows the run. Without one the run is as good.
fn live_file(project: &Project, command: &str, started: Timestamp, global: &Global) -> Option<Arc<LiveFile>> {
    let file = LiveFile::begin(&project.live_runs(), command, &started.to_string()).ok()?;
    global.be_followed(file.clone());
    Some(file)
}
