//! A folder that shows exactly the live data files of a Delta table, as plain Parquet in hive folders:
//! the same files under a second name, so that two formats cost the work and the space of one.
//!
//! Readers of that folder see the table before a load or after it, not in between. One file more or one less is one step of
//! the file system. Anything larger is built whole in a folder beside, which then changes places with the shown one; that one
//! is kept for a minute, hidden, for those who were just listing it.

use super::delta::LiveFile;
use ingot_core::error::{Context as _, Error, Result};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// What a call of [`mirror`] changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mirrored {
    pub added: usize,
    pub removed: usize,
}

/// Makes `folder` hold these files and no other Parquet file, in one step. Other files in it (a README, say) stay. If it
/// shows the right files already, nothing is touched. Files that stay keep their names, so that whoever has listed the
/// folder before still finds them.
///
/// Killed at any moment and called again, it ends as if it had run once. Where the file system has no hard links, files
/// are copied; where it cannot exchange two folders, there is a moment between two renames in which the folder is not there.
pub fn mirror(files: &[LiveFile], folder: &Path) -> Result<Mirrored> {
    let beside = Beside::of(folder)?;
    beside.recover(folder)?;
    beside.clear()?;
    let mut surplus = shown(folder)?;
    let mut stays = Vec::new();
    let mut missing: Vec<&LiveFile> = Vec::new();
    let mut broken = false;
    for file in files {
        match surplus.remove(&file.relative) {
            Some(bytes) if bytes == file.bytes => {}
            Some(_) => {
                broken = true;
                missing.push(file);
            }
            None => missing.push(file),
        }
    }
    surplus.retain(|name, _| {
        let is_ours = name.ends_with(".parquet");
        if !is_ours && !name.ends_with(".inprogress") {
            stays.push(name.clone());
        }
        is_ours
    });
    let done = Mirrored { added: missing.len(), removed: surplus.len() };
    match (missing.as_slice(), surplus.len()) {
        ([], 0) if folder.is_dir() => {}
        ([file], 0) if folder.is_dir() && !broken => link(file, folder)?,
        _ => {
            create(&beside.next)?;
            let mut made = None;
            for file in files {
                link_into(file, &beside.next, &mut made)?;
            }
            for name in &stays {
                let target = beside.next.join(name);
                if let Some(parent) = target.parent() {
                    create(parent)?;
                }
                hard_link_or_copy(&folder.join(name), &target)?;
            }
            beside.show(folder, &exchange)?;
        }
    }
    Ok(done)
}

/// Every file under the folder, by its relative name with `/`, and its length.
fn shown(folder: &Path) -> Result<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in WalkDir::new(folder) {
        let entry = entry.doing_to("listing", folder)?;
        if entry.file_type().is_dir() {
            continue;
        }
        let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let relative = relative.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
        let length = std::fs::metadata(entry.path()).map(|found| found.len()).unwrap_or_default();
        found.insert(relative, length);
    }
    Ok(found)
}

fn create(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).doing_to("creating the folder", folder)
}

/// Adds one file to the shown folder.
fn link(file: &LiveFile, folder: &Path) -> Result<()> {
    link_into(file, folder, &mut None)
}

/// `made` is the folder that is known to be there.
fn link_into(file: &LiveFile, folder: &Path, made: &mut Option<PathBuf>) -> Result<()> {
    let target = folder.join(&file.relative);
    if let Some(parent) = target.parent()
        && made.as_deref() != Some(parent)
    {
        create(parent)?;
        *made = Some(parent.to_path_buf());
    }
    hard_link_or_copy(&file.path, &target)
}

fn hard_link_or_copy(from: &Path, to: &Path) -> Result<()> {
    if std::fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    let beside = to.with_extension("inprogress");
    let copied = std::fs::copy(from, &beside)
        // A copy has no twin that was made safe already.
        .and_then(|_| std::fs::File::open(&beside)?.sync_all())
        .and_then(|()| std::fs::rename(&beside, to));
    copied.map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        Error::new("showing a data file on the Parquet side failed").at(to).caused_by(error)
    })
}

/// Seconds for which a folder that was shown is kept: whoever had begun to list it can end that.
const GRACE: u64 = 60;

/// The folders beside the shown one: the next one, and those that were shown. Their names begin with a dot, and they are
/// outside of it, so that no reader's pattern finds what is in them.
struct Beside {
    parent: PathBuf,
    next: PathBuf,
    /// Begins the names of the old ones; the time follows (µs since 1970).
    old: String,
}

type Exchange<'e> = &'e dyn Fn(&Path, &Path) -> io::Result<()>;

impl Beside {
    fn of(folder: &Path) -> Result<Self> {
        let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
            return Err(Error::new("not a folder that can be written").at(folder));
        };
        create(parent)?;
        let name = name.to_string_lossy();
        Ok(Self {
            parent: parent.to_path_buf(),
            next: parent.join(format!(".{name}.next")),
            old: format!(".{name}.old-"),
        })
    }

    /// The folders that were shown, with the time at which that ended; the newest last.
    fn olds(&self) -> Result<Vec<(u64, PathBuf)>> {
        let mut olds = Vec::new();
        for entry in std::fs::read_dir(&self.parent).doing_to("listing", &self.parent)? {
            let entry = entry.doing_to("listing", &self.parent)?;
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
    fn recover(&self, folder: &Path) -> Result<()> {
        if !folder.exists()
            && let Some((_, old)) = self.olds()?.pop()
        {
            std::fs::rename(old, folder).doing_to("showing the Parquet files", folder)?;
        }
        Ok(())
    }

    /// Removes what a killed run has built, and old folders that nobody can still be listing.
    fn clear(&self) -> Result<()> {
        remove(&self.next)?;
        let now = now();
        for (time, old) in self.olds()? {
            if now.saturating_sub(time) > GRACE * 1_000_000 {
                remove(&old)?;
            }
        }
        Ok(())
    }

    /// Puts the next folder in the place of the shown one.
    fn show(&self, folder: &Path, exchange: Exchange<'_>) -> Result<()> {
        let doing = "showing the new Parquet files";
        if !folder.exists() {
            return std::fs::rename(&self.next, folder).doing_to(doing, folder);
        }
        let old = self.parent.join(format!("{}{}", self.old, now()));
        match exchange(&self.next, folder) {
            Err(error)
                if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput) =>
            {
                std::fs::rename(folder, &old).doing_to(doing, folder)?;
                std::fs::rename(&self.next, folder).doing_to(doing, folder)
            }
            Err(error) => Err(error).doing_to(doing, folder),
            Ok(()) => std::fs::rename(&self.next, &old).doing_to(doing, folder),
        }
    }
}

fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::new("removing the folder failed").at(folder).caused_by(error))
        }
        _ => Ok(()),
    }
}

/// Microseconds since 1970.
fn now() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_microsecond()).unwrap_or_default()
}

/// Lets two folders change places in one step.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(io::Error::from)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        shown(folder).unwrap().into_keys().collect()
    }

    #[test]
    fn folders_change_places_also_where_that_takes_two_steps() {
        for exchange in [&exchange as Exchange<'_>, &|_, _| Err(io::ErrorKind::Unsupported.into())] {
            let root = tempfile::tempdir().unwrap();
            let folder = root.path().join("t");
            let beside = Beside::of(&folder).unwrap();
            for (at, name) in [(&folder, "before"), (&beside.next, "after")] {
                create(at).unwrap();
                std::fs::write(at.join(name), "").unwrap();
            }
            beside.show(&folder, exchange).unwrap();
            assert_eq!(files(&folder), ["after"]);
            // Whoever is listing the old folder can go on for a while.
            beside.clear().unwrap();
            let (_, old) = beside.olds().unwrap().pop().unwrap();
            assert_eq!(files(&old), ["before"]);
            std::fs::rename(&old, root.path().join(".t.old-1000000")).unwrap();
            // Killed between two renames.
            std::fs::rename(&folder, root.path().join(".t.old-2000000")).unwrap();
            beside.recover(&folder).unwrap();
            assert_eq!(files(&folder), ["after"]);
            beside.clear().unwrap();
            assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1);
        }
    }
}
