//! How long bronze keeps earlier versions. A table that is loaded each hour would otherwise have thousands of log files after
//! a year, all of which a load would read to know what was loaded.
//!
//! Every so many versions, a commit sums up what those before it loaded ([`super::commit_record::Memory`]). Log files before
//! such a commit are removed once no version of the last week needs them, and with them the data files that only those
//! versions had. What was loaded is remembered all the same.

use super::commit_record::Memory;
use super::loaded_files::LoadedFiles;
use ingot_core::error::Result;
use ingot_lake::{CHECKPOINT_INTERVAL, DeltaTable, MEMORY, Removal, vacuum_files};
use std::sync::Arc;

/// Versions between two commits that sum up those before them.
const REMEMBERED_EVERY: u64 = 40;
/// A log of up to as many versions is looked through for old ones at each checkpoint, one of twice as many at each second.
const LONG_LOG: u64 = 400;

/// What the next commit of a table sums up, if it is one of those that do.
///
/// # Errors
/// The log cannot be read.
pub(super) fn memory_for_next(table: &DeltaTable) -> Result<Option<Box<Memory>>> {
    // One more than the version, so that a checkpoint comes with it.
    match (table.version() + 2).is_multiple_of(REMEMBERED_EVERY) {
        true => Ok(Some(Box::new(Arc::unwrap_or_clone(LoadedFiles::of(table)?).memory()))),
        false => Ok(None),
    }
}

/// Removes what only versions of before the period need that bronze keeps, in hours. `None` keeps everything.
///
/// # Errors
/// The log cannot be read, or a file cannot be removed. The table is complete all the same.
pub(super) fn forget_old_versions(table: &DeltaTable, kept_hours: Option<f64>) -> Result<()> {
    let Some(hours) = kept_hours else { return Ok(()) };
    // Before a log has grown by as many versions there is hardly anything to remove. A long log is read less often, so that it
    // costs each load as much as a short one.
    let next = table.version() + 1;
    if !next.is_multiple_of(u64::from(CHECKPOINT_INTERVAL)) {
        return Ok(());
    }
    let oldest = table.oldest_logged()?;
    let often = u64::from(CHECKPOINT_INTERVAL) * (1 + (next - oldest) / LONG_LOG);
    if !next.is_multiple_of(often) || !table.commit_of(oldest)?.is_none_or(|first| first.is_older_than(hours))
    {
        return Ok(());
    }
    let needed = LoadedFiles::of(table)?.read_back_to;
    table.forget_log(hours, needed, |entry| entry.metadata.contains_key(MEMORY))?;
    vacuum_files(table, hours, Removal::Do).map(drop)
}
