//! Which raw files a table in a bucket has: what its commits say, read from blocks that sum up many of them and from the log
//! files since. A loader reads what concerns its shard, and keeps 56 to 112 bytes of a file in memory.

use super::loaded_content::{Content, contents, logged, record_of};
use super::memory_blocks::{Blocks, COMMITS_OF_A_BLOCK};
use super::shard::{Shard, place_of};
use crate::commit::CommitRecord;
use ingot_core::error::Result;
use ingot_lake::{Bucket, BucketTable, HistoryEntry};
use std::collections::HashMap;

/// The raw files that a table has, of one shard.
#[derive(Default)]
pub(super) struct FileMemory {
    shard: Shard,
    /// The newest delivery of each, by the hash of its path.
    files: HashMap<u128, Content>,
    /// When the newest load was made, microseconds since 1970.
    pub(super) newest: Option<i64>,
}

impl FileMemory {
    /// What the table has at its version. A block that a killed loader did not write is written if `mends` says so.
    ///
    /// # Errors
    /// A commit is missing that no block sums up: its files would be loaded again.
    pub(super) fn of(
        lake: &Bucket,
        name: &str,
        table: &BucketTable,
        shard: Shard,
        mends: bool,
    ) -> Result<Self> {
        let mut memory = Self { shard, ..Self::default() };
        let (Some(version), Some(blocks)) = (table.version(), Blocks::of(lake, name, table)?) else {
            return Ok(memory);
        };
        let mut at = 0;
        while at <= version {
            if let Some(block) = blocks.largest_from(at, version) {
                let newest = blocks.read(block, shard, |place, content| {
                    memory.files.insert(place, content);
                })?;
                memory.newest = memory.newest.max(newest);
                at = block.to + 1;
                continue;
            }
            let end = (at + COMMITS_OF_A_BLOCK - 1).min(version);
            let commits = logged(table, at, end)?;
            if mends && at.is_multiple_of(COMMITS_OF_A_BLOCK) && end + 1 == at + COMMITS_OF_A_BLOCK {
                // A loader was killed before it could write the block.
                blocks.write_from_log(at, &commits)?;
            }
            commits.iter().for_each(|commit| drop(memory.take(&commit.entry)));
            at = end + 1;
        }
        Ok(memory)
    }

    /// Adds what a commit loaded. Gives its record.
    pub(super) fn take(&mut self, entry: &HistoryEntry) -> Option<CommitRecord> {
        let record = record_of(entry)?;
        self.add(&record);
        Some(record)
    }

    /// Adds what a commit with this record loaded.
    pub(super) fn add(&mut self, record: &CommitRecord) {
        if !record.files.is_empty() {
            self.newest = self.newest.max(Some(record.ingestion_ts));
        }
        for (place, content) in contents(record) {
            if self.shard.covers(place) {
                self.files.insert(place, content);
            }
        }
    }

    /// The content with which the file of a path was loaded last.
    pub(super) fn content(&self, path: &str) -> Option<&Content> {
        self.files.get(&place_of(path))
    }

    /// Raw files that are loaded.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }
}
