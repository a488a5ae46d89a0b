//! Removing data files that no version within a period needs, so that earlier versions do not fill the disk.

use crate::optimize::remove_uncommitted;
use ingot_core::error::{Error, Result};
use ingot_core::report::{bytes, counted};
use ingot_lake::{LakeTable, Removal, RemovedFiles, vacuum_files};
use serde_json::{Value, json};

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
            "{}: {} ({}) {}; versions from {} on can be read",
            self.table,
            counted(self.files as u64, "file"),
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
    let _lock = table.lock()?;
    let delta = table.open()?;
    let removal = if options.dry_run { Removal::OnlyCount } else { Removal::Do };
    if removal == Removal::Do {
        remove_uncommitted(delta.root(), delta.version())?;
    }
    let RemovedFiles { files, bytes, oldest_version } =
        vacuum_files(&delta, options.retention_hours, removal)?;
    Ok(Vacuumed { table: table.label(), files, bytes, oldest_version, dry_run: options.dry_run })
}
