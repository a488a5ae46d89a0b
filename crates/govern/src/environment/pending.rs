//! A promotion whose files are all prepared, and what completes it.

use ingot_core::error::{Context as _, Error, Kind, Result};
use ingot_core::fs::{FolderLock, FolderSwap, LockPurpose, make_durable, put_in_place};
use ingot_core::project::Project;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

const PROMOTING: LockPurpose = LockPurpose {
    file: ".promote.lock",
    activity: "is promoting into this environment",
    hint: "wait until it has ended",
    cannot_write: |folder, error| {
        Error::new("cannot write to the environment")
            .at(folder)
            .caused_by(error)
            .hint("check who owns the folder")
    },
};

/// The note in the folder of an environment; a file of this name in a lake says which promotion brought it.
pub(super) const NOTE: &str = ".promotion";

/// The right to replace the state of an environment.
pub(super) fn hold_environment(environment: &Project) -> Result<FolderLock> {
    FolderLock::take(environment.root(), &PROMOTING)
}

/// What is left to do: each step can be done again.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) id: String,
    /// The lake that is to be replaced.
    pub(super) lake: PathBuf,
    /// Files that are prepared, and the names that they get, in this order.
    pub(super) files: Vec<(PathBuf, PathBuf)>,
    /// Files that do not belong to the new state.
    pub(super) remove: Vec<PathBuf>,
}

impl Pending {
    /// From here on, the promotion will be completed.
    pub(super) fn write(&self, environment: &Project) -> Result<()> {
        let note = environment.root().join(NOTE);
        let beside = environment.root().join(format!("{NOTE}.inprogress"));
        let text = serde_json::to_vec(self).or_cannot_at("write the file", &note)?;
        std::fs::write(&beside, text).or_cannot_at("write the file", &beside)?;
        put_in_place(&beside, &note, environment.root())?;
        make_durable(std::slice::from_ref(&note), environment.root())
    }
}

/// Completes a promotion into the environment that was killed after everything was prepared. Cheap if there is none.
///
/// # Errors
/// A file cannot be renamed; what another process is promoting is left to it.
pub fn complete_promotion(environment: &Project) -> Result<()> {
    if !environment.root().join(NOTE).is_file() {
        return Ok(());
    }
    match hold_environment(environment) {
        Ok(_held) => complete_held(environment),
        Err(error) if *error.kind() == Kind::InUse => Ok(()),
        Err(error) => Err(error),
    }
}

/// The same, for whoever holds the lock.
pub(super) fn complete_held(environment: &Project) -> Result<()> {
    let note = environment.root().join(NOTE);
    let text = match std::fs::read(&note) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read.or_cannot_at("read the file", &note)?,
    };
    let pending: Pending = serde_json::from_slice(&text).or_cannot_at("understand the file", &note)?;
    complete(environment, &pending)
}

/// Puts everything in its place.
pub(super) fn complete(environment: &Project, pending: &Pending) -> Result<()> {
    if let Some(swap) = FolderSwap::resume(&pending.lake)? {
        let shown = std::fs::read_to_string(pending.lake.join(NOTE)).unwrap_or_default();
        // Killed after the folders had changed places, the one that is beside is the old one.
        if shown == pending.id { swap.give_up()? } else { swap.show_without_grace()? }
    }
    for file in &pending.remove {
        remove_if_there(file)?;
    }
    for (staged, place) in &pending.files {
        match std::fs::rename(staged, place) {
            // It was renamed before the process was killed.
            Err(error) if error.kind() == io::ErrorKind::NotFound && place.exists() => {}
            renamed => renamed.or_cannot_at("put the file in its place", place)?,
        }
    }
    let places: Vec<PathBuf> = pending.files.iter().map(|(_, place)| place.clone()).collect();
    flush_names(&places, environment.root())?;
    remove_if_there(&environment.root().join(NOTE))
}

/// The bytes were flushed when they were prepared.
fn flush_names(places: &[PathBuf], root: &Path) -> Result<()> {
    match places.first() {
        Some(first) => make_durable(std::slice::from_ref(first), root),
        None => Ok(()),
    }
}

fn remove_if_there(file: &Path) -> Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.or_cannot_at("remove the file", file),
    }
}
