//! The private folder of a load: raw files that are fetched, data files and rejects before they are sent. It is removed when the
//! load ends, and what a killed load left by the next one.

use ingot_core::error::{Context as _, Error, Result};
use ingot_core::fs::{FolderLock, LockPurpose};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// The beginning of such folders' names.
const PREFIX: &str = "ingot-load-";
/// A folder as young as this may be one whose load has not locked it yet.
const YOUNG: Duration = Duration::from_secs(60);
const LOCK: LockPurpose = LockPurpose {
    file: ".lock",
    activity: "is loading by way of this folder",
    hint: "wait until it has ended",
    cannot_write,
};

fn cannot_write(folder: &Path, error: io::Error) -> Error {
    Error::new("cannot write to the folder for temporary files")
        .at(folder)
        .caused_by(error)
        .hint("name a folder that can be written, with room for a few gigabytes, in TMPDIR")
}

/// A folder that is locked while its load lives.
pub(super) struct Staging {
    folder: TempDir,
    _lock: FolderLock,
}

impl Staging {
    /// Makes the folder, in the one for temporary files.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn new() -> Result<Self> {
        let place = std::env::temp_dir();
        remove_left(&place);
        let folder = TempDir::with_prefix_in(PREFIX, &place).map_err(|error| cannot_write(&place, error))?;
        let lock = FolderLock::take(folder.path(), &LOCK)?;
        Ok(Self { folder, _lock: lock })
    }

    /// A new folder in it, which is removed when it is dropped.
    pub(super) fn part(&self, name: &str) -> Result<TempDir> {
        TempDir::with_prefix_in(format!("{name}-"), self.folder.path())
            .or_cannot_at("create the folder", self.folder.path())
    }
}

/// Removes folders of loads that were killed. What cannot be removed only takes space.
fn remove_left(place: &Path) {
    let is_left = |path: &PathBuf| {
        let named =
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(PREFIX));
        let old = path
            .metadata()
            .and_then(|found| found.modified())
            .is_ok_and(|modified| SystemTime::now().duration_since(modified).is_ok_and(|age| age > YOUNG));
        named && old
    };
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in entries.filter(is_left) {
        if let Ok(lock) = FolderLock::take(&path, &LOCK) {
            let _ = std::fs::remove_dir_all(&path);
            drop(lock);
        }
    }
}
