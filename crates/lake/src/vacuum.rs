//! Removing data files that no version within a period needs.

use crate::delta_table::DeltaTable;
use crate::moments::{hours_ago, milliseconds};
use crate::version_changes::VersionChanges;
use ingot_core::error::{Context as _, Result};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Whether files are removed, or only counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    Do,
    OnlyCount,
}

/// The files that were removed, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemovedFiles {
    pub files: usize,
    pub bytes: u64,
    /// Versions from this one on can be read and restored.
    pub oldest_version: u64,
}

/// Removes data files of the table that no version of the last so many hours has. The caller has the right to write to it.
///
/// # Errors
/// The log or the folder cannot be read, or a file cannot be removed.
pub fn vacuum_files(table: &DeltaTable, hours: f64, removal: Removal) -> Result<RemovedFiles> {
    let root = table.root();
    let live: HashSet<PathBuf> = table.files()?.into_iter().map(|file| file.path).collect();
    let mut surplus: Vec<(PathBuf, std::fs::Metadata)> = Vec::new();
    for entry in WalkDir::new(root).into_iter().filter_entry(|entry| entry.file_name() != "_delta_log") {
        let entry = entry.or_cannot_at("list the folder", root)?;
        let is_data = entry.file_type().is_file()
            && entry.path().extension().is_some_and(|kind| kind == "parquet")
            && !live.contains(entry.path());
        if is_data {
            let found = entry.metadata().or_cannot_at("read the file", entry.path())?;
            surplus.push((entry.into_path(), found));
        }
    }
    let mut done = RemovedFiles::default();
    let changes = table.changes()?;
    let since = hours_ago(hours);
    let needed: HashSet<PathBuf> =
        removed_since(&changes, milliseconds(since)).map(|relative| root.join(relative)).collect();
    let was_removed: HashSet<PathBuf> =
        removed_since(&changes, i64::MIN).map(|name| root.join(name)).collect();
    let mut gone: HashSet<PathBuf> = HashSet::new();
    for (path, found) in surplus {
        // A file that no commit names may be one that another program is writing.
        let is_being_written = hours > 0.0
            && found.modified().is_ok_and(|modified| modified > since)
            && !was_removed.contains(&path);
        if needed.contains(&path) || is_being_written {
            continue;
        }
        done.files += 1;
        done.bytes += found.len();
        if removal == Removal::Do {
            std::fs::remove_file(&path).or_cannot_at("remove the file", &path)?;
        }
        gone.insert(path);
    }
    if removal == Removal::Do {
        remove_empty_folders(root);
    }
    done.oldest_version = oldest_readable(&changes, root, table.version(), &gone);
    Ok(done)
}

/// Files that were part of the table after that moment (ms since 1970).
fn removed_since(changes: &[VersionChanges], moment: i64) -> impl Iterator<Item = &str> {
    let recent =
        changes.iter().filter(move |change| change.commit.timestamp.is_none_or(|time| time >= moment));
    recent.flat_map(|change| change.removed.iter().map(|file| file.relative.as_str()))
}

/// The oldest version from which on all have their files. `gone` are files that were removed now, or would be.
fn oldest_readable(changes: &[VersionChanges], root: &Path, newest: u64, gone: &HashSet<PathBuf>) -> u64 {
    let mut oldest = newest;
    // Going back from the newest version, whose files are there, each commit gives back the files that it removed.
    for change in changes.iter().rev() {
        oldest = change.commit.version;
        let is_lost = |relative: &str| {
            let path = root.join(relative);
            gone.contains(&path) || !path.is_file()
        };
        if change.removed.iter().any(|file| is_lost(&file.relative)) {
            return oldest;
        }
    }
    oldest
}

/// Folders of partitions that hold nothing any more. One that another program is about to use stays: it is not empty then.
fn remove_empty_folders(root: &Path) {
    for entry in WalkDir::new(root).min_depth(1).contents_first(true).into_iter().flatten() {
        if entry.file_type().is_dir() && entry.file_name() != "_delta_log" {
            let _ = std::fs::remove_dir(entry.path());
        }
    }
}
