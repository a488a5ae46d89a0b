//! Raw files and reject files of the feeds.

use super::feeds::Feed;
use super::journal::Journal;
use super::outcome::{ErasedPlace, LeftPlace};
use super::values::Values;
use ingot_bronze::{RawContent, RawPlace, erase_raw_file, erase_rejects, find_in_raw_file, raw_hash};
use ingot_contract::{Erasure, Format};
use ingot_core::error::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What was found of a feed in raw and reject files.
#[derive(Debug, Default)]
pub(super) struct FoundRaw {
    pub(super) places: Vec<ErasedPlace>,
    pub(super) left: Vec<LeftPlace>,
    /// Raw files that are written again, with their hashes.
    pub(super) files: BTreeMap<String, String>,
    /// Rejected rows by raw file and the key of their commit.
    pub(super) rejected: Vec<(String, String, u64)>,
}

/// Looks for the people in the reject files of a feed, and in its raw files: those that bronze has their rows from, and those
/// that bronze does not know.
///
/// # Errors
/// A file cannot be read.
pub(super) fn look(
    feed: &Feed,
    raw: &Path,
    lake: &Path,
    known: &BTreeSet<String>,
    with_rows: &BTreeSet<String>,
    values: &Values,
) -> Result<FoundRaw> {
    let wanted = feed.wanted(values);
    let mut found = FoundRaw::default();
    let name = &feed.contract.name;
    let rejects = erase_rejects(&feed.contract, lake, &wanted, true)?;
    if !rejects.files.is_empty() {
        found.places.push(ErasedPlace {
            kind: "rejects".to_owned(),
            place: format!("_rejects/{name}"),
            rows: rejects.rows,
            files: rejects.files.len() as u64,
            action: "deleted".to_owned(),
            ..ErasedPlace::default()
        });
    }
    found.rejected = rejects.rejected;
    if feed.contract.raw.format == Format::Delta {
        if !with_rows.is_empty() {
            found.left.push(LeftPlace {
                place: feed.contract.raw.path.clone(),
                rows: 0,
                why: "it is a Delta table of another program: erase the people there too".to_owned(),
            });
        }
        return Ok(found);
    }
    let mut rows = 0;
    for file in feed.contract.raw_files(raw)? {
        let path = &file.relative;
        let may_have = with_rows.contains(path) || rejects.raw_files.contains(path) || !known.contains(path);
        if !may_have || !file.path.is_file() {
            continue;
        }
        match find_in_raw_file(&feed.contract, raw, path, &wanted) {
            Ok(RawPlace::Rows(0) | RawPlace::Left(0, _)) => {}
            Ok(RawPlace::Rows(count)) => {
                rows += count;
                found.files.insert(path.clone(), raw_hash(&file.path)?.0);
            }
            Ok(RawPlace::Left(count, why)) => {
                found.left.push(LeftPlace { place: path.clone(), rows: count, why: why.to_owned() });
            }
            Err(error) => found.left.push(LeftPlace {
                place: path.clone(),
                rows: 0,
                why: format!("it cannot be read: {}", error.message()),
            }),
        }
    }
    if !found.files.is_empty() {
        found.places.push(ErasedPlace {
            kind: "raw".to_owned(),
            place: name.clone(),
            rows,
            files: found.files.len() as u64,
            action: if feed.action == Erasure::Delete { "deleted" } else { "masked" }.to_owned(),
            ..ErasedPlace::default()
        });
    }
    Ok(found)
}

/// Writes the raw files and reject files of a feed again.
///
/// # Errors
/// A file cannot be read or written. Done again, it goes on where it was.
pub(super) fn erase(
    feed: &Feed,
    raw: &Path,
    lake: &Path,
    journal: &mut Journal,
    values: &Values,
) -> Result<()> {
    let wanted = feed.wanted(values);
    let masked: Vec<String> = feed.masked.iter().cloned().collect();
    let masked = (feed.action == Erasure::Mask).then_some(masked.as_slice());
    let files = journal.raw.get(&feed.contract.name).cloned().unwrap_or_default();
    let mut contents = Vec::new();
    for (path, hash) in files {
        erase_raw_file(&feed.contract, raw, &path, &wanted, masked)?;
        let (new_hash, new_bytes) = raw_hash(&raw.join(&path))?;
        contents.push(RawContent { path, hash, new_hash, new_bytes });
    }
    // A run that was killed has the same content now, so that this is the same again.
    journal.deliveries.entry(feed.contract.name.clone()).or_default().contents = contents;
    erase_rejects(&feed.contract, lake, &wanted, false).map(drop)
}
