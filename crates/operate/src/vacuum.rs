//! Removing data files that no version within a period needs, so that earlier versions do not fill the disk.

use crate::optimize::remove_uncommitted;
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::report::{bytes, thousands};
use ingot_lake::{LakeTable, VersionChanges};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use walkdir::WalkDir;

/// Readers and earlier versions are safe for a week.
const SAFE_HOURS: f64 = 168.0;

/// What to remove.
#[derive(Debug, Clone)]
pub struct VacuumOptions {
    /// Files that a version of the last so many hours has are kept.
    pub retention_hours: f64,
    /// Whether fewer hours than a week are meant.
    pub force: bool,
    pub dry_run: bool,
}

impl Default for VacuumOptions {
    fn default() -> Self {
        Self { retention_hours: SAFE_HOURS, force: false, dry_run: false }
    }
}

impl VacuumOptions {
    /// # Errors
    /// The period is negative, or shorter than a week without `force`.
    pub fn check(&self) -> Result<()> {
        let hours = self.retention_hours;
        if !hours.is_finite() || hours < 0.0 {
            return Err(Error::new("the retention must be a number of hours that is not negative"));
        }
        if hours < SAFE_HOURS && !self.force {
            return Err(Error::new(format!(
                "a retention of {hours} h is shorter than {SAFE_HOURS} h: versions of this week could not be read or restored any more"
            ))
            .hint("add --force if that is what you want"));
        }
        Ok(())
    }
}

/// What a vacuum removed, or would remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vacuumed {
    pub table: String,
    pub files: usize,
    pub bytes: u64,
    /// Versions from this one on can be read and restored.
    pub oldest_version: u64,
    pub dry_run: bool,
}

impl Vacuumed {
    pub fn is_nothing(&self) -> bool {
        self.files == 0
    }

    pub fn line(&self) -> String {
        format!(
            "{}: {} files ({}) {}; versions from {} on can be read",
            self.table,
            thousands(self.files as u64),
            bytes(self.bytes),
            if self.dry_run { "would be removed" } else { "removed" },
            self.oldest_version
        )
    }

    pub fn json(&self) -> Value {
        json!({
            "table": self.table, "files": self.files, "bytes": self.bytes,
            "oldest_version": self.oldest_version, "dry_run": self.dry_run,
        })
    }
}

/// # Errors
/// The period is shorter than a week without `force`, another process writes to the table, or a file cannot be removed.
pub fn vacuum(table: &LakeTable, options: &VacuumOptions) -> Result<Vacuumed> {
    options.check()?;
    let hours = options.retention_hours;
    let _lock = table.lock()?;
    let delta = table.open()?;
    if !options.dry_run {
        remove_uncommitted(delta.root(), delta.version())?;
    }
    let now = SystemTime::now();
    let since = now.checked_sub(Duration::try_from_secs_f64(hours * 3600.0).unwrap_or(Duration::MAX));
    let since = since.unwrap_or(SystemTime::UNIX_EPOCH);
    let changes = delta.changes()?;
    let mut kept: HashSet<PathBuf> = delta.files()?.into_iter().map(|file| file.path).collect();
    kept.extend(removed_since(&changes, milliseconds(since)).map(|relative| delta.root().join(relative)));
    let mut done =
        Vacuumed { table: table.label(), files: 0, bytes: 0, oldest_version: 0, dry_run: options.dry_run };
    let mut gone: HashSet<PathBuf> = HashSet::new();
    for entry in
        WalkDir::new(delta.root()).into_iter().filter_entry(|entry| entry.file_name() != "_delta_log")
    {
        let entry = entry.or_cannot_at("list the folder", delta.root())?;
        let path = entry.path();
        if !entry.file_type().is_file()
            || path.extension().is_none_or(|kind| kind != "parquet")
            || kept.contains(path)
        {
            continue;
        }
        let found = entry.metadata().or_cannot_at("read the file", path)?;
        // A file that no commit names may be one that another program is writing.
        if hours > 0.0
            && found.modified().is_ok_and(|modified| modified > since)
            && !is_removed(&changes, delta.root(), path)
        {
            continue;
        }
        done.files += 1;
        done.bytes += found.len();
        gone.insert(path.to_path_buf());
        if !options.dry_run {
            std::fs::remove_file(path).or_cannot_at("remove the file", path)?;
        }
    }
    if !options.dry_run {
        remove_empty_folders(delta.root());
    }
    done.oldest_version = oldest_readable(&changes, delta.root(), delta.version(), &gone);
    Ok(done)
}

fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Files that were part of the table after that moment (ms since 1970).
fn removed_since(changes: &[VersionChanges], moment: i64) -> impl Iterator<Item = &str> {
    let recent =
        changes.iter().filter(move |change| change.commit.timestamp.is_none_or(|time| time >= moment));
    recent.flat_map(|change| change.removed.iter().map(|file| file.relative.as_str()))
}

fn is_removed(changes: &[VersionChanges], root: &Path, path: &Path) -> bool {
    changes.iter().any(|change| change.removed.iter().any(|file| root.join(&file.relative) == path))
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
