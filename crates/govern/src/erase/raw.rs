//! Raw files and reject files of the feeds.

use super::feeds::Feed;
use super::journal::Journal;
use super::outcome::{ErasedPlace, LeftPlace};
use super::values::Values;
use ingot_bronze::{RawContent, RawPlace, erase_raw_files, erase_rejects, find_in_raw_file, raw_hash};
use ingot_contract::{Erasure, Format, RawFile};
use ingot_core::error::Result;
use rayon::prelude::*;
use std::collections::BTreeMap;
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

/// Looks for the people in the reject files of a feed, and in all its raw files: one may have rows that are nowhere else, of
/// people who were kept out when it came again, or of a load that was undone. `is_in_bronze`: whether bronze has
/// rows of them.
///
/// # Errors
/// A file cannot be read.
pub(super) fn look(
    feed: &Feed,
    raw: &Path,
    lake: &Path,
    is_in_bronze: bool,
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
        if is_in_bronze {
            found.left.push(LeftPlace {
                place: feed.contract.raw.path.clone(),
                rows: 0,
                why: "it is a Delta table of another program: erase the people there too".to_owned(),
            });
        }
        return Ok(found);
    }
    let mut rows = 0;
    let files = feed.contract.raw_files(raw)?;
    let looked: Vec<(RawFile, Result<RawPlace>)> = files
        .into_par_iter()
        .filter(|file| file.path.is_file())
        .map(|file| {
            let place = find_in_raw_file(&feed.contract, raw, &file.relative, &wanted);
            (file, place)
        })
        .collect();
    for (file, place) in looked {
        let path = file.relative;
        match place {
            Ok(RawPlace::Rows(0) | RawPlace::Left(0, _)) => {}
            Ok(RawPlace::Rows(count)) => {
                rows += count;
                found.files.insert(path, raw_hash(&file.path)?.0);
            }
            Ok(RawPlace::Left(count, why)) => {
                found.left.push(LeftPlace { place: path, rows: count, why: why.to_owned() });
            }
            Err(error) => found.left.push(LeftPlace {
                place: path,
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
    erase_raw_files(&feed.contract, raw, files.keys().map(String::as_str), &wanted, masked)?;
    let mut contents = Vec::new();
    for (path, hash) in files {
        let (new_hash, new_bytes) = raw_hash(&raw.join(&path))?;
        contents.push(RawContent { path, hash, new_hash, new_bytes });
    }
    // A run that was killed has the same content now, so that this is the same again.
    journal.deliveries.entry(feed.contract.name.clone()).or_default().contents = contents;
    erase_rejects(&feed.contract, lake, &wanted, false).map(drop)
}
