//! The raw files of a feed that may be new, from a folder or a bucket.

use super::loaded_content::tag_of;
use super::memory::FileMemory;
use super::shard::Shard;
use crate::load::{group_files, settled_stamp};
use crate::read::cannot_open;
use crate::read_error::FileFailure;
use ingot_contract::{Contract, RawFile};
use ingot_core::error::{Context as _, Result};
use ingot_lake::{Bucket, Fetch, Fetched};
use std::path::{Path, PathBuf};

/// Where raw files are.
#[derive(Clone, Copy)]
pub(super) enum RawPlace<'a> {
    Folder(&'a Path),
    Bucket(&'a Bucket),
}

/// A raw file that may be new.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// Of a file in a bucket, the path is empty until it is fetched.
    pub(super) file: RawFile,
    pub(super) bytes: u64,
    /// What its place says of its content: another content has another tag.
    pub(super) tag: Option<String>,
}

/// What was found of a feed.
#[derive(Default)]
pub(super) struct Listing {
    pub(super) candidates: Vec<Candidate>,
    /// Files that are loaded with the content that they have.
    pub(super) unchanged: u64,
    pub(super) failed: Vec<(RawFile, FileFailure)>,
}

impl Listing {
    fn add(&mut self, candidate: Candidate, memory: &FileMemory) {
        let tag = tag_of(candidate.tag.as_deref());
        let known = memory.content(&candidate.file.relative);
        if known.is_some_and(|known| tag != 0 && known.tag == tag && known.bytes == candidate.bytes) {
            self.unchanged += 1;
        } else {
            self.candidates.push(candidate);
        }
    }
}

impl RawPlace<'_> {
    /// Lists the files of a feed that are in the shard, in the order of their paths.
    ///
    /// # Errors
    /// The folder or the bucket cannot be listed.
    pub(super) fn list(self, contract: &Contract, shard: Shard, memory: &FileMemory) -> Result<Listing> {
        let mut listing = Listing::default();
        match self {
            Self::Folder(folder) => {
                for file in contract.raw_files(folder)?.into_iter().filter(|file| shard.has(&file.relative)) {
                    match std::fs::metadata(&file.path) {
                        Ok(found) => {
                            let (bytes, tag) = (found.len(), settled_stamp(&found));
                            listing.add(Candidate { file, bytes, tag }, memory);
                        }
                        Err(error) => listing.failed.push((file, cannot_open(&error))),
                    }
                }
            }
            Self::Bucket(bucket) => {
                bucket.each(folder_of(&contract.raw.path), |object| {
                    let relative = object.relative;
                    if shard.has(&relative)
                        && !relative.split('/').any(|name| name.starts_with(['.', '_']))
                        && let Some(path_values) = contract.path_values_in(&relative)
                    {
                        let file = RawFile { relative, path: PathBuf::new(), path_values };
                        listing.add(Candidate { file, bytes: object.bytes, tag: object.tag }, memory);
                    }
                    Ok(())
                })?;
            }
        }
        listing.candidates.sort_by(|one, other| one.file.cmp(&other.file));
        Ok(listing)
    }

    /// Sees to it that the files are on this machine, in `folder` where they have to be fetched. Those that are not there any more, or
    /// have another content than when they were listed, are taken out and come back with the reason.
    ///
    /// # Errors
    /// The store refuses, or the disk is full.
    pub(super) fn bring(
        self,
        candidates: &mut Vec<Candidate>,
        folder: &Path,
    ) -> Result<Vec<(RawFile, FileFailure)>> {
        let Self::Bucket(bucket) = self else { return Ok(Vec::new()) };
        std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
        for (index, candidate) in candidates.iter_mut().enumerate() {
            // Names of objects need not be names of files.
            candidate.file.path = folder.join(index.to_string());
        }
        let wanted: Vec<Fetch<'_>> = candidates
            .iter()
            .map(|candidate| Fetch {
                relative: &candidate.file.relative,
                bytes: candidate.bytes,
                tag: candidate.tag.as_deref(),
                to: candidate.file.path.clone(),
            })
            .collect();
        let fetched = bucket.fetch_all(&wanted)?;
        let mut failed = Vec::new();
        let mut outcomes = fetched.into_iter();
        candidates.retain(|candidate| {
            let failure = match outcomes.next() {
                Some(Fetched::Changed) => FileFailure::new(
                    "CHANGED_WHILE_READ",
                    "the object changed after it was listed; the next run reads it again",
                ),
                Some(Fetched::Vanished) => FileFailure::new("VANISHED", "the object no longer exists"),
                Some(Fetched::Here) | None => return true,
            };
            failed.push((candidate.file.clone(), failure));
            false
        });
        Ok(failed)
    }
}

/// The folder of a path pattern that every file of it is in.
fn folder_of(pattern: &str) -> &str {
    let literal = pattern.find(['*', '{', '[']).map_or(pattern, |special| &pattern[..special]);
    literal.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Candidates in batches of a bounded size, each of which is one commit.
pub(super) fn batches(candidates: Vec<Candidate>, most_files: usize, most_bytes: u64) -> Vec<Vec<Candidate>> {
    let mut batches: Vec<Vec<Candidate>> = Vec::new();
    let mut bytes = 0;
    for candidate in candidates {
        match batches.last_mut() {
            Some(batch) if batch.len() < most_files && bytes + candidate.bytes <= most_bytes => {
                bytes += candidate.bytes;
                batch.push(candidate);
            }
            _ => {
                bytes = candidate.bytes;
                batches.push(vec![candidate]);
            }
        }
    }
    batches
}

/// The files of a batch in groups, each of one partition.
pub(super) fn groups_of(
    contract: &Contract,
    candidates: &[Candidate],
    failed: &mut Vec<(RawFile, FileFailure)>,
) -> Vec<crate::load::Group> {
    let files = candidates.iter().map(|candidate| (candidate.file.clone(), candidate.bytes)).collect();
    group_files(contract, files, failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folder_of_a_feed_is_listed() {
        assert_eq!(folder_of("orders/day={day}/part-*.csv"), "orders");
        assert_eq!(folder_of("events/2026/*.jsonl"), "events/2026");
        assert_eq!(folder_of("stores.csv"), "");
        assert_eq!(folder_of("{region}/stores.csv"), "");
        assert_eq!(folder_of("ref/stores.csv"), "ref");
    }

    #[test]
    fn batches_are_bounded() {
        let candidate = |bytes: u64| Candidate {
            file: RawFile { relative: String::new(), path: PathBuf::new(), path_values: Default::default() },
            bytes,
            tag: None,
        };
        let sizes = |bytes: &[u64], files: usize, most: u64| -> Vec<usize> {
            batches(bytes.iter().map(|bytes| candidate(*bytes)).collect(), files, most)
                .iter()
                .map(Vec::len)
                .collect()
        };
        assert_eq!(sizes(&[1, 1, 1, 1, 1], 2, 100), [2, 2, 1]);
        assert_eq!(sizes(&[60, 60, 500, 10, 10], 10, 100), [1, 1, 1, 2]);
        assert!(sizes(&[], 2, 100).is_empty());
    }
}
