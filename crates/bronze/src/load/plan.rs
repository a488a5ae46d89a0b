//! What is to be done for one table: which raw files are new, and how they are grouped. Pure data, made before anything
//! is written.

use super::known_files::KnownFiles;
use super::same_content::{Copy, set_aside};
use crate::commit::LoadedFiles;
use crate::path_values::{PartitionValues, partition_values};
use crate::read::{cannot_open, content_hash};
use crate::read_error::FileFailure;
use crate::summary::{FileStatus, FileSummary, file_summaries};
use ingot_contract::{Contract, Format, RawFile};
use ingot_core::error::Error;
use ingot_core::interrupt::Interrupt;
use std::collections::BTreeMap;
use std::fs::Metadata;

/// Raw bytes of one group, at most. Its Parquet files have a fraction of that.
const MOST_BYTES: u64 = 512 << 20;
/// Groups that the files of one partition make, about, so that several threads have work; they do not depend on how many
/// there are, so that the same files give the same data files everywhere.
const GROUPS: u64 = 16;

/// Raw files of one partition, read one after the other into the same data files.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) partition_values: PartitionValues,
    pub(crate) files: Vec<RawFile>,
    pub(crate) bytes: u64,
}

/// The work on one table.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) groups: Vec<Group>,
    /// Loaded before, with the same content.
    pub(crate) unchanged: Vec<RawFile>,
    /// Not to be loaded unless their originals have no rows: see `same_content`.
    pub(crate) copies: Vec<Copy>,
    /// Not to be loaded, and why.
    pub(crate) failed: Vec<(RawFile, FileFailure)>,
}

impl Plan {
    /// What is known of the files before the load: new ones count as failed until they are loaded.
    pub(crate) fn summaries(&self) -> Vec<FileSummary> {
        let pending = self.groups.iter().flat_map(|group| &group.files);
        let pending = pending.chain(self.copies.iter().map(|copy| &copy.file));
        let mut files = file_summaries(&[], &self.unchanged, &self.failed);
        files.extend(pending.map(|file| FileSummary::of(&file.relative, FileStatus::Failed)));
        files
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.groups.iter().map(|group| group.bytes).sum()
    }

    /// Sorts the files into new, unchanged and impossible ones. `loaded` says with which content files were loaded before;
    /// those that are not `known` are hashed to find out.
    ///
    /// # Errors
    /// Only that it was interrupted.
    pub(crate) fn make(
        contract: &Contract,
        files: Vec<RawFile>,
        loaded: &LoadedFiles,
        known: &mut KnownFiles,
        interrupt: &Interrupt,
    ) -> Result<Self, Error> {
        let mut plan = Self::default();
        let mut new = Vec::new();
        for file in files {
            interrupt.check()?;
            let found = match std::fs::metadata(&file.path) {
                Ok(found) => found,
                Err(error) => {
                    plan.failed.push((file, cannot_open(&error)));
                    continue;
                }
            };
            match is_unchanged(&file, &found, loaded, known) {
                Ok(true) => plan.unchanged.push(file),
                Ok(false) => new.push((file, found.len())),
                Err(failure) => plan.failed.push((file, failure)),
            }
        }
        let (new, copies) = set_aside(contract, new, loaded);
        plan.copies = copies;
        plan.groups = group_files(contract, new, &mut plan.failed);
        Ok(plan)
    }
}

/// The files, each with its size, in groups of one partition. Those whose paths do not say their partition are added to `failed`.
pub(crate) fn group_files(
    contract: &Contract,
    files: Vec<(RawFile, u64)>,
    failed: &mut Vec<(RawFile, FileFailure)>,
) -> Vec<Group> {
    let mut by_partition: BTreeMap<PartitionValues, Vec<(RawFile, u64)>> = BTreeMap::new();
    for (file, bytes) in files {
        match partition_values(contract, &file) {
            Ok(values) => by_partition.entry(values).or_default().push((file, bytes)),
            Err(failure) => failed.push((file, failure)),
        }
    }
    let mut groups = Vec::new();
    for (partition_values, files) in by_partition {
        let all: u64 = files.iter().map(|(_, bytes)| bytes).sum();
        let most = (all / GROUPS).clamp(fewest_bytes(contract.raw.format), MOST_BYTES);
        let mut group = Group { partition_values: partition_values.clone(), files: Vec::new(), bytes: 0 };
        for (file, bytes) in files {
            if !group.files.is_empty() && group.bytes + bytes > most {
                let next = Group { partition_values: partition_values.clone(), files: Vec::new(), bytes: 0 };
                groups.push(std::mem::replace(&mut group, next));
            }
            group.files.push(file);
            group.bytes += bytes;
        }
        groups.push(group);
    }
    groups
}

/// Raw bytes of a group, at least: of fewer, the data files would be too small to be read well.
fn fewest_bytes(format: Format) -> u64 {
    match format {
        Format::Parquet => 4 << 20,
        _ => 16 << 20,
    }
}

fn is_unchanged(
    file: &RawFile,
    found: &Metadata,
    loaded: &LoadedFiles,
    known: &mut KnownFiles,
) -> Result<bool, FileFailure> {
    let Some(before) = loaded.files.get(&file.relative).map(|delivery| &delivery.file) else {
        return Ok(false);
    };
    if before.bytes != found.len() {
        return Ok(false);
    }
    if known.has(&file.relative, found, &before.hash) {
        return Ok(true);
    }
    let (hash, _) = content_hash(&file.path, &|_| ())?;
    let is_same = hash == before.hash;
    if is_same {
        known.remember(&file.relative, found, &hash);
    }
    Ok(is_same)
}
