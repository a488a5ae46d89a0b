//! One writer at a time in a folder: a file in it that the operating system keeps locked while its holder
//! lives, with the holder's process id in it. A killed holder holds nothing.

use crate::error::{Error, Kind, Result};
use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// Which lock of a folder, and what to tell who cannot have it.
#[derive(Debug, Clone, Copy)]
pub struct LockPurpose {
    /// The lock file, relative to the folder, with `/`.
    pub file: &'static str,
    /// What its holder does, as the message goes on after its name: `is loading into this lake`.
    pub activity: &'static str,
    /// What to do while another process holds it.
    pub hint: &'static str,
    /// The error for a folder that cannot be written.
    pub cannot_write: fn(&Path, io::Error) -> Error,
}

/// Held until dropped.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the lock, and makes the folder if need be. Does not wait.
    ///
    /// # Errors
    /// Another process holds it (which one is said, where a locked file can be read: not on Windows), or the
    /// folder cannot be written.
    pub fn take(folder: &Path, purpose: &LockPurpose) -> Result<Self> {
        let cannot_write = |error| (purpose.cannot_write)(folder, error);
        let path = folder.join(purpose.file);
        std::fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(cannot_write)?;
        // Not truncated before it is held: what is in it is the holder's.
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(cannot_write)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who it is only makes the message better.
                let _ = file.read_to_string(&mut holder);
                let who = if holder.trim().is_empty() { "another process" } else { holder.trim() };
                let error = Error::new(format!("{who} {}", purpose.activity)).of_kind(Kind::InUse);
                return Err(error.at(folder).hint(purpose.hint));
            }
            Err(TryLockError::Error(error)) => return Err(cannot_write(error)),
        }
        let holder = format!("process {} (since {:.0})\n", std::process::id(), jiff::Timestamp::now());
        file.set_len(0).and_then(|()| file.write_all(holder.as_bytes())).map_err(cannot_write)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURPOSE: LockPurpose = LockPurpose {
        file: "inside/.test.lock",
        activity: "is testing this folder",
        hint: "wait until it has ended",
        cannot_write: |folder, error| Error::new("cannot write to the folder").at(folder).caused_by(error),
    };

    #[test]
    fn says_who_holds_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("new");
        let held = FolderLock::take(&folder, &PURPOSE).unwrap();
        let refused = FolderLock::take(&folder, &PURPOSE).unwrap_err();
        assert_eq!(refused.hint_text(), Some("wait until it has ended"));
        let (from, to) = (format!("process {} (since ", std::process::id()), ") is testing this folder");
        #[cfg(not(windows))]
        assert!(refused.message().starts_with(&from) && refused.message().ends_with(to), "{refused}");
        #[cfg(windows)]
        assert_eq!(refused.message(), "another process is testing this folder");
        drop(held);
        FolderLock::take(&folder, &PURPOSE).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_the_callers_error() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("file");
        std::fs::write(&folder, "").unwrap();
        let error = FolderLock::take(&folder, &PURPOSE).unwrap_err();
        assert_eq!(error.message(), "cannot write to the folder");
    }
}
