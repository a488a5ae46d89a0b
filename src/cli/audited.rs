//! Gives each command that changes something its entry in the audit trail. This is the one place that does so; what a
//! command changes is said by its [`Effect`].

use super::effect::{Change, Effect};
use super::exit::Exit;
use super::global::Global;
use crate::audited::OpenEntry;
use ingot_bronze::refuse_during_erasure;
use ingot_core::error::Result;
use ingot_core::project::Project;

/// Does the command's work, and adds its entry.
pub(super) fn audited(effect: Effect, global: &Global, work: impl FnOnce() -> Result<Exit>) -> Result<Exit> {
    let Effect::Changes(change) = effect else { return work() };
    // Without a project the command itself says so.
    let Ok(project) = global.project() else { return work() };
    audited_in(&project, &change, global, work)
}

/// The same for a command that may have made its project itself.
pub(super) fn audited_in(
    project: &Project,
    change: &Change,
    global: &Global,
    work: impl FnOnce() -> Result<Exit>,
) -> Result<Exit> {
    let lake = change.lake.clone().unwrap_or_else(|| project.lake());
    if change.command != "erase" {
        // An erasure of a project is one of its environments too.
        refuse_during_erasure(&project.main().lake())?;
        refuse_during_erasure(&lake)?;
    }
    match OpenEntry::begin(project, &lake, &change.command, change.only_tables)? {
        Some(entry) => global.has_entry(entry),
        None => return work(),
    }
    let outcome = work();
    let (result, _) = ended(&outcome);
    let error = outcome.as_ref().err().map(|error| error.kind().name());
    if let Some(entry) = global.take_entry()
        && let Err(error) = entry.end(result, error, global.audit_notes())
    {
        global.reporter().warn(format!("the command is not in the audit trail: {error}"));
    }
    outcome
}

/// How a command ended in a word, and what went wrong.
pub(super) fn ended(outcome: &Result<Exit>) -> (&'static str, Option<String>) {
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
