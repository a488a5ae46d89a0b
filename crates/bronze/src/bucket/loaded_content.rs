//! What the commits of a table say of the raw files that they loaded.

use super::shard::place_of;
use crate::commit::{CommitRecord, Processed};
use ingot_core::error::{Error, Kind, Result};
use ingot_lake::{BucketTable, HistoryEntry, LoggedCommit};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

/// The content with which a raw file was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Content {
    /// XXH3-128 of its bytes.
    pub(super) hash: u128,
    pub(super) bytes: u64,
    /// A hash of what the place of the raw file said of its content, 0 if it said nothing: see [`tag_of`].
    pub(super) tag: u64,
}

impl Content {
    fn of(file: &Processed) -> Self {
        let hash = u128::from_str_radix(&file.hash, 16).unwrap_or_default();
        Self { hash, bytes: file.bytes, tag: tag_of(file.tag.as_deref()) }
    }

    /// Whether these are the bytes of a hash in hexadecimal.
    pub(super) fn is(&self, hash: &str) -> bool {
        u128::from_str_radix(hash, 16).is_ok_and(|hash| hash == self.hash)
    }
}

/// A short form of a store's word for the content of an object; never 0 where there is one.
pub(super) fn tag_of(tag: Option<&str>) -> u64 {
    tag.map_or(0, |tag| xxh3_64(tag.as_bytes()).max(1))
}

/// The record in a commit, if ingot made it.
pub(super) fn record_of(entry: &HistoryEntry) -> Option<CommitRecord> {
    serde_json::from_value(Value::Object(entry.metadata.clone())).ok()
}

/// The files of a commit: the hashes of their paths, and their contents.
pub(super) fn contents(record: &CommitRecord) -> impl Iterator<Item = (u128, Content)> {
    record.files.iter().map(|file| (place_of(&file.path), Content::of(file)))
}

/// The commits of these versions.
///
/// # Errors
/// One of them is missing.
pub(super) fn logged(table: &BucketTable, from: u64, to: u64) -> Result<Vec<LoggedCommit>> {
    table
        .commits_of(from, to)?
        .into_iter()
        .zip(from..)
        .map(|(commit, version)| {
            commit.ok_or_else(|| {
                Error::new(format!(
                    "the Delta log lacks version {version}, so what was loaded with it is not known, and would be loaded again"
                ))
                .of_kind(Kind::Data)
                .at(table.address())
                .hint("put the file of the log back from the bucket's own versions, or load everything into another lake (--lake)")
            })
        })
        .collect()
}
