//! One writer at a time: bronze as a whole, and each other folder of tables by itself.

use ingot_core::error::{Error, Result};
use ingot_core::fs::{FolderLock, LockPurpose};
use std::io;
use std::path::Path;

const BRONZE: LockPurpose = LockPurpose {
    file: ".load-bronze.lock",
    activity: "is writing to bronze of this lake",
    hint: "wait until it has ended, or work on another lake with --lake",
    cannot_write,
};

const TABLES: LockPurpose = LockPurpose {
    file: ".run-models.lock",
    activity: "is writing to this folder of the lake",
    hint: "wait until it has ended, then run this again; give targets that run at the same time a lake_folder each",
    cannot_write,
};

fn cannot_write(folder: &Path, error: io::Error) -> Error {
    Error::new("cannot write to the lake")
        .at(folder)
        .caused_by(error)
        .hint("check who owns the folder, or name another folder with --lake")
}

/// The right to write to bronze of a lake.
///
/// # Errors
/// Another process has it (the error says which), or the lake cannot be written.
pub fn lock_bronze(lake: &Path) -> Result<FolderLock> {
    FolderLock::take(lake, &BRONZE)
}

/// The right to write to the tables of a folder (`lake/gold`) that is not bronze.
///
/// # Errors
/// As [`lock_bronze`].
pub fn lock_tables(folder: &Path) -> Result<FolderLock> {
    FolderLock::take(folder, &TABLES)
}
