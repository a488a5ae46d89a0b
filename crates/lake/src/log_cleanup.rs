//! Forgetting the beginning of a log that nobody needs any more, so that logs do not grow for ever.

use crate::commit_info::HistoryEntry;
use crate::delta_table::DeltaTable;
use crate::log_copies::{LogCopies, version_of};
use ingot_core::error::{Context as _, Result};

impl DeltaTable {
    /// The oldest version that the log has.
    ///
    /// # Errors
    /// The log cannot be listed.
    pub fn oldest_logged(&self) -> Result<u64> {
        let Some(copies) = LogCopies::of(&self.root) else { return Ok(0) };
        let versions = copies.logged()?.iter().filter_map(|name| version_of(name)).min();
        Ok(versions.unwrap_or_default())
    }

    /// Removes the files of the log that no version of the last so many hours needs, and their copies. Delta's
    /// `delta.logRetentionDuration` says the same of tables whose log no program needs to remember anything
    /// (<https://github.com/delta-io/delta/blob/master/PROTOCOL.md#metadata-cleanup>). `is_beginning` says of a commit whether a
    /// log may begin with it. Versions from `needed` on stay whatever their age. Gives how many files were removed.
    ///
    /// # Errors
    /// The log cannot be read, or a file cannot be removed.
    pub fn forget_log(
        &self,
        hours: f64,
        needed: u64,
        is_beginning: impl Fn(&HistoryEntry) -> bool,
    ) -> Result<usize> {
        let Some(copies) = LogCopies::of(&self.root) else { return Ok(0) };
        let logged = copies.logged()?;
        let oldest = logged.iter().filter_map(|name| version_of(name)).min().unwrap_or_default();
        let is_old = |entry: &HistoryEntry| entry.is_older_than(hours);
        // A version that was the newest at that moment can still be read: from the newest checkpoint before it.
        let mut checkpoints: Vec<u64> = logged
            .iter()
            .filter(|name| name.contains(".checkpoint"))
            .filter_map(|name| version_of(name))
            .collect();
        checkpoints.sort_unstable();
        let mut first = None;
        for checkpoint in checkpoints.into_iter().rev() {
            if self.commit_of(checkpoint)?.is_some_and(|entry| is_old(&entry)) {
                first = Some(checkpoint);
                break;
            }
        }
        let Some(checkpoint) = first else { return Ok(0) };
        let mut first = checkpoint.min(needed);
        while first > oldest && !self.commit_of(first)?.is_some_and(|entry| is_beginning(&entry)) {
            first -= 1;
        }
        if first <= oldest {
            return Ok(0);
        }
        let mut given_up: Vec<String> = logged
            .into_iter()
            .filter(|name| version_of(name).is_some_and(|version| version < first))
            .collect();
        // The oldest first, so that what a kill leaves has no gap.
        given_up.sort();
        copies.forget(&given_up)?;
        for name in &given_up {
            let file = self.root.join("_delta_log").join(name);
            std::fs::remove_file(&file).or_cannot_at("remove the file", &file)?;
        }
        Ok(given_up.len())
    }
}
