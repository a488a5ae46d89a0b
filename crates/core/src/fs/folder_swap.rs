//! Replacing a folder that others are reading.
//!
//! The next state of the folder is built beside it and takes its place in one step where the system can
//! exchange two folders, otherwise in two renames, between which the folder is not there. The folder that was
//! shown is kept for a minute under a hidden name, for whoever was just listing it.

use super::system::{self, System};
use crate::error::{Context as _, Error, Result};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// How long a folder that was shown is kept, so that whoever had begun to list it can finish. Microseconds.
const GRACE: u64 = 60_000_000;

/// The next folder, and those that were shown. They are not beside the shown one but in a hidden folder beside the one above
/// (`.parquet-aside` for `parquet/orders`), because patterns such as `parquet/**/*.parquet` find hidden folders too.
pub struct FolderSwap {
    shown: PathBuf,
    /// The folder that holds the others.
    aside: PathBuf,
    next: PathBuf,
    /// Begins the names of the old ones; the time at which they were replaced follows (µs since 1970).
    old: String,
}

impl FolderSwap {
    /// Prepares to replace the folder `shown`, which need not exist yet. Puts right what a killed run left: a
    /// next folder that is not finished is removed, and an old one is shown again if it was killed between
    /// two renames. Old folders that nobody can still be listing are removed.
    ///
    /// # Errors
    /// The folder above cannot be written.
    pub fn begin(shown: &Path) -> Result<Self> {
        let swap = Self::of(shown)?;
        for folder in [shown.parent().unwrap_or(shown), &swap.aside] {
            std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
        }
        swap.recover()?;
        swap.clear()?;
        Ok(swap)
    }

    fn of(shown: &Path) -> Result<Self> {
        let (Some(parent), Some(name)) = (shown.parent(), shown.file_name()) else {
            return Err(Error::new("not a folder that can be replaced").at(shown));
        };
        let name = name.to_string_lossy();
        let aside = match (parent.parent(), parent.file_name()) {
            (Some(above), Some(name)) => above.join(format!(".{}-aside", name.to_string_lossy())),
            // The shown folder is directly below a root.
            _ => parent.join(format!(".{name}-aside")),
        };
        Ok(Self {
            shown: shown.to_path_buf(),
            next: aside.join(format!("{name}.next")),
            old: format!("{name}.old-"),
            aside,
        })
    }

    /// Where to build what the folder is to hold. It is not there yet.
    pub fn next(&self) -> &Path {
        &self.next
    }

    /// Puts the next folder in the place of the shown one.
    ///
    /// # Errors
    /// A folder cannot be renamed. The shown folder is then as it was.
    pub fn show(self) -> Result<()> {
        self.show_on(system::native()).or_cannot_at("replace the folder", &self.shown)
    }

    /// The same, and removes what was shown at once: for folders whose rows must not stay.
    ///
    /// # Errors
    /// As [`FolderSwap::show`], or the old folder cannot be removed.
    pub fn show_without_grace(self) -> Result<()> {
        self.show_on(system::native()).or_cannot_at("replace the folder", &self.shown)?;
        for (_, old) in self.olds()? {
            remove(&old)?;
        }
        // It stays where another folder is kept in it.
        let _ = std::fs::remove_dir(&self.aside);
        Ok(())
    }

    /// A swap whose next folder was finished before the process was killed; `None` if there is no next folder.
    ///
    /// # Errors
    /// The folder has no place beside it.
    pub fn resume(shown: &Path) -> Result<Option<Self>> {
        let swap = Self::of(shown)?;
        Ok(swap.next.is_dir().then_some(swap))
    }

    /// Forgets the next folder.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn give_up(self) -> Result<()> {
        remove(&self.next)?;
        let _ = std::fs::remove_dir(&self.aside);
        Ok(())
    }

    fn show_on(&self, system: &dyn System) -> io::Result<()> {
        if !self.shown.exists() {
            return std::fs::rename(&self.next, &self.shown);
        }
        let old = self.aside.join(format!("{}{}", self.old, now()));
        match system.exchange(&self.next, &self.shown) {
            Ok(()) => std::fs::rename(&self.next, &old),
            // The system has no such call, or the file system does not support it.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput) =>
            {
                std::fs::rename(&self.shown, &old)?;
                std::fs::rename(&self.next, &self.shown).inspect_err(|_| {
                    // What was shown is shown again; if that fails too, the next run does it.
                    let _ = std::fs::rename(&old, &self.shown);
                })
            }
            Err(error) => Err(error),
        }
    }

    /// The folders that were shown, with the time at which that ended; the newest last.
    fn olds(&self) -> Result<Vec<(u64, PathBuf)>> {
        let mut olds = Vec::new();
        for entry in std::fs::read_dir(&self.aside).or_cannot_at("list the folder", &self.aside)? {
            let entry = entry.or_cannot_at("list the folder", &self.aside)?;
            let name = entry.file_name();
            if let Some(time) = name.to_str().and_then(|name| name.strip_prefix(&self.old))
                && let Ok(time) = time.parse()
            {
                olds.push((time, entry.path()));
            }
        }
        olds.sort();
        Ok(olds)
    }

    /// Killed between two renames, only the old folder is left.
    fn recover(&self) -> Result<()> {
        if !self.shown.exists()
            && let Some((_, old)) = self.olds()?.pop()
        {
            std::fs::rename(old, &self.shown).or_cannot_at("restore the folder", &self.shown)?;
        }
        Ok(())
    }

    fn clear(&self) -> Result<()> {
        remove(&self.next)?;
        let now = now();
        for (time, old) in self.olds()? {
            if now.saturating_sub(time) > GRACE {
                remove(&old)?;
            }
        }
        Ok(())
    }
}

fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::new("cannot remove the folder").at(folder).caused_by(error))
        }
        _ => Ok(()),
    }
}

/// Microseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn folder_with(folder: &Path, name: &str) {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(name), "").unwrap();
    }

    #[test]
    fn folders_change_places_on_every_system() {
        for system in system::all() {
            let root = tempfile::tempdir().unwrap();
            let folder = root.path().join("side/t");
            folder_with(&folder, "before");
            let swap = FolderSwap::begin(&folder).unwrap();
            folder_with(swap.next(), "after");
            swap.show_on(&*system).unwrap();
            assert_eq!(files(&folder), ["after"]);

            // Whoever is listing the old folder can go on for a while.
            let swap = FolderSwap::begin(&folder).unwrap();
            let (_, old) = swap.olds().unwrap().pop().unwrap();
            assert_eq!(files(&old), ["before"]);

            // Killed between two renames, with an old folder of long ago beside.
            let aside = root.path().join(".side-aside");
            std::fs::rename(&old, aside.join("t.old-1000000")).unwrap();
            std::fs::rename(&folder, aside.join("t.old-2000000")).unwrap();
            folder_with(swap.next(), "unfinished");
            FolderSwap::begin(&folder).unwrap();
            assert_eq!(files(&folder), ["after"]);
            assert_eq!(files(&root.path().join("side")), ["t"]);
            assert!(files(&aside).is_empty());
        }
    }

    #[test]
    fn a_folder_that_was_not_there_is_shown_on_every_system() {
        for system in system::all() {
            let root = tempfile::tempdir().unwrap();
            let folder = root.path().join("above/t");
            let swap = FolderSwap::begin(&folder).unwrap();
            folder_with(swap.next(), "first");
            swap.show_on(&*system).unwrap();
            assert_eq!(files(&folder), ["first"]);
        }
    }

    #[test]
    fn what_is_shown_stays_if_the_next_folder_is_lost() {
        for system in system::all() {
            let root = tempfile::tempdir().unwrap();
            let folder = root.path().join("side/t");
            folder_with(&folder, "before");
            let swap = FolderSwap::begin(&folder).unwrap();
            assert!(swap.show_on(&*system).is_err());
            assert_eq!(files(&folder), ["before"]);
        }
    }
}
