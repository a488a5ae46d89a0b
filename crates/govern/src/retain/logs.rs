//! Logs of runs that are older than they are wanted.

use ingot_core::error::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use walkdir::WalkDir;

/// Old logs, and what they take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OldLogs {
    pub files: Vec<PathBuf>,
    pub bytes: u64,
}

/// The files in the folder of logs that nobody has written to for so many days.
///
/// # Errors
/// The folder cannot be listed.
pub fn old_logs(folder: &Path, days: u32) -> Result<OldLogs> {
    let mut found = OldLogs::default();
    if !folder.is_dir() {
        return Ok(found);
    }
    let age = Duration::from_secs(u64::from(days) * 86_400);
    let before = SystemTime::now().checked_sub(age).unwrap_or(UNIX_EPOCH);
    for entry in WalkDir::new(folder) {
        let entry = entry.or_cannot_at("list the folder", folder)?;
        if !entry.file_type().is_file() {
            continue;
        }
        let about = entry.metadata().or_cannot_at("read the file", entry.path())?;
        if about.modified().is_ok_and(|modified| modified < before) {
            found.bytes += about.len();
            found.files.push(entry.into_path());
        }
    }
    found.files.sort();
    Ok(found)
}

impl OldLogs {
    /// Removes them.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn remove(&self) -> Result<()> {
        self.files
            .iter()
            .try_for_each(|file| std::fs::remove_file(file).or_cannot_at("remove the file", file))
    }
}
