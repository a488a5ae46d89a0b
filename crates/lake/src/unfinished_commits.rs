//! What killed writers leave beside the log of a table.

use crate::log_copies::LogCopies;
use ingot_core::error::{Context as _, Result};
use std::fs::DirEntry;
use std::path::Path;

/// Removes files of the log that were being written when their writer was killed: a commit that never came about, or one
/// that did and was linked to its name. Readers pass over them, so they are only in the way. The caller has the right to
/// write to the table, of which there may be none. Copies of the log that such a writer owes are made.
///
/// The store under `deltalake` writes `NAME#1` (or `#2`, where that is taken) and then links it to its name:
/// <https://docs.rs/object_store/latest/object_store/local/struct.LocalFileSystem.html>.
///
/// # Errors
/// The log's folder cannot be listed, or a file cannot be removed.
pub fn clear_unfinished_commits(root: &Path) -> Result<()> {
    let log = root.join("_delta_log");
    let Ok(entries) = std::fs::read_dir(&log) else { return Ok(()) };
    for entry in entries {
        let entry = entry.or_cannot_at("list the folder", &log)?;
        if is_unfinished(&entry) {
            std::fs::remove_file(entry.path()).or_cannot_at("remove the file", &entry.path())?;
        }
    }
    LogCopies::of(root).map_or(Ok(()), |copies| copies.finish())
}

/// Whether there is more in the folder of the log than commits that never came about: a writer that is killed in the first
/// commit of a table leaves a log without a version.
pub(crate) fn has_commits(root: &Path) -> bool {
    std::fs::read_dir(root.join("_delta_log"))
        .is_ok_and(|entries| entries.flatten().any(|entry| !is_unfinished(&entry)))
}

fn is_unfinished(entry: &DirEntry) -> bool {
    entry
        .file_name()
        .to_string_lossy()
        .split_once('#')
        .is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}
