//! Gives each command that changes something its entry in the audit trail. This is the one place that does so; what a
//! command changes is said by its [`Effect`].

use super::effect::{Change, Effect};
use super::exit::Exit;
use super::global::Global;
use crate::audited::OpenEntry;
use ingot_core::error::{Error, Result};
use ingot_core::project::Project;
use ingot_govern::unfinished_erasure;
use std::path::Path;

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
    refuse_during_erasure(&lake, &change.command)?;
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

/// While raw files and the log do not agree about a person, a load would take what was changed for new.
fn refuse_during_erasure(lake: &Path, command: &str) -> Result<()> {
    if command == "erase" {
        return Ok(());
    }
    let Some(begun) = unfinished_erasure(lake)? else { return Ok(()) };
    Err(Error::new(format!("the erasure that was begun at {begun} is not complete"))
        .at(lake)
        .hint("run `ingot erase`, which completes it"))
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
