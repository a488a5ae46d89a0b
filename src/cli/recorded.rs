//! Keeps a command's run in the history of the project's lake, with what it loaded, ran and measured.

use super::audited::ended;
use super::exit::Exit;
use super::global::Global;
use crate::run_notes::RunNotes;
use ingot_core::error::{Error, Kind, Result};
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
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if notes.is_empty() && outcome.as_ref().err().is_some_and(|error| is_mistyped(error, &arguments)) {
        return outcome;
    }
    let run = RunRecord {
        command: command.to_owned(),
        arguments,
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

/// Whether a command could not begin because of what somebody typed: the error is about a word of the command line. That is not
/// a run, and nobody is to be woken for it. What is wrong with the project or the machine stops scheduled runs as well, so it is
/// kept.
fn is_mistyped(error: &Error, arguments: &[String]) -> bool {
    let place = error.place();
    // A line of another file than that with the targets is one of the project, which every run reads.
    let is_of_project =
        place.is_some_and(|place| place.line.is_some() && !place.file.ends_with("profiles.yml"));
    let is_about_words = !is_of_project
        && matches!(
            error.kind(),
            Kind::Invalid | Kind::NotFound { .. } | Kind::Io(std::io::ErrorKind::NotFound)
        );
    let is_meant = |word: &str| {
        let at = place.is_some_and(|place| place.file.ends_with(word));
        at || error.message().contains(&format!("'{word}'"))
    };
    let words = arguments.iter().map(|argument| match argument.split_once('=') {
        Some((option, value)) if option.starts_with('-') => value,
        _ => argument,
    });
    is_about_words && words.filter(|word| !word.is_empty() && *word != ".").any(is_meant)
}

/// The file by which `ingot ui` follows the run. Without one the run is as good.
fn live_file(project: &Project, command: &str, started: Timestamp, global: &Global) -> Option<Arc<LiveFile>> {
    let file = LiveFile::begin(&project.live_runs(), command, &started.to_string()).ok()?;
    global.be_followed(file.clone());
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_mistyped_in(error: &Error, arguments: &[&str]) -> bool {
        is_mistyped(error, &arguments.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn only_what_was_typed_is_mistyped() {
        let target = Error::new("there is no target 'nope'").at_line("profiles.yml", 2);
        assert!(is_mistyped_in(&target, &["run-models", "--target", "nope"]));
        assert!(is_mistyped_in(&target, &["run-models", "--target=nope"]));
        assert!(!is_mistyped_in(&target, &["run-models"]), "the project itself names it");
        let folder = Error::new("there is no folder").at("/nope");
        assert!(is_mistyped_in(&folder, &["load-bronze", "--raw", "/nope"]));
        assert!(!is_mistyped_in(&folder, &["load-bronze"]));
        let broken = Error::new("there is no model 'nope'").at_line("models/a.sql", 3);
        assert!(
            !is_mistyped_in(&broken, &["run-models", "--select", "nope"]),
            "a file of the project says so"
        );
        let held = Error::new("'nope' is in use").of_kind(Kind::InUse);
        assert!(!is_mistyped_in(&held, &["run-models", "--target", "nope"]));
    }
}
