//! One generator at a time in a raw folder.

use crate::write::cannot_write;
use ingot_core::error::Result;
use ingot_core::fs::{FolderLock, LockPurpose};
use std::path::Path;

/// The lock file, in the ledger's folder.
pub(crate) const NAME: &str = ".lock";

const GENERATING: LockPurpose = LockPurpose {
    file: "_ledger/.lock",
    activity: "is generating into this folder",
    hint: "wait until it has ended, or name another folder with --out",
    cannot_write,
};

/// # Errors
/// Another process is generating into the folder (which one is said), or the folder cannot be written.
pub(crate) fn lock_raw_folder(folder: &Path) -> Result<FolderLock> {
    FolderLock::take(folder, &GENERATING)
}
