//! One loader at a time in a lake.

use ingot_core::error::{Error, Result};
use ingot_core::fs::{FolderLock, LockPurpose};
use std::path::Path;

const LOADING: LockPurpose = LockPurpose {
    file: ".load-bronze.lock",
    activity: "is loading into this lake",
    hint: "wait until it has ended, or load into another lake with --lake",
    cannot_write: |lake, error| {
        Error::new("cannot write to the lake")
            .at(lake)
            .caused_by(error)
            .hint("check who owns the folder, or name another folder with --lake")
    },
};

/// # Errors
/// Another process is loading into the lake (the error says which), or the lake cannot be written.
pub(crate) fn lock_lake(lake: &Path) -> Result<FolderLock> {
    FolderLock::take(lake, &LOADING)
}
