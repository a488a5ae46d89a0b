//! Raw files and reject files of the feeds.

use super::feeds::Feed;
use super::journal::Journal;
use super::outcome::{ErasedPlace, LeftPlace};
use super::values::{TEXTS, Values};
use aho_corasick::AhoCorasick;
use ingot_bronze::{RawContent, RawPlace, erase_raw_files, erase_rejects, find_in_raw_file, raw_hash};
use ingot_contract::{Encoding, Erasure, Format};
use ingot_core::error::{Context as _, Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::Path;

/// How compressed files begin.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

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

/// Looks for the people in the reject files of a feed, and in its raw files: those that bronze has their rows from, those that
/// bronze does not know, and those with a text by which they are known. A file may have rows that are nowhere else: of people
/// who were kept out when it came again, or of a load that was undone.
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
    let mentions = Mentions::of(feed, values)?;
    for file in feed.contract.raw_files(raw)? {
        let path = &file.relative;
        if !file.path.is_file() {
            continue;
        }
        let must_have = with_rows.contains(path) || rejects.raw_files.contains(path) || !known.contains(path);
        if !must_have && !mentions.may_be_in(&file.path)? {
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

/// The texts by which people are known in a feed, to be looked for in the bytes of files before rows are read.
struct Mentions {
    /// `None` for a feed whose files have other bytes than texts.
    finder: Option<AhoCorasick>,
}

impl Mentions {
    fn of(feed: &Feed, values: &Values) -> Result<Self> {
        let raw = &feed.contract.raw;
        let is_text = matches!(raw.format, Format::Csv | Format::Jsonl) && raw.encoding == Encoding::Utf8;
        let keys = feed.keys.iter().filter_map(|key| values.of(&key.domain)).flatten();
        // Zeros before a number say nothing, and files need not have them.
        let keys =
            keys.map(|key| key.trim().parse::<i128>().map_or_else(|_| key.clone(), |key| key.to_string()));
        let texts = keys.chain(values.of(TEXTS).into_iter().flatten().cloned());
        let texts = texts.filter(|text| !text.is_empty());
        let finder = is_text.then(|| AhoCorasick::new(texts)).transpose();
        let finder =
            finder.map_err(|error| Error::new("there are too many texts to look for").caused_by(error))?;
        Ok(Self { finder })
    }

    /// Whether rows of the people may be in a file; always if it is compressed.
    fn may_be_in(&self, path: &Path) -> Result<bool> {
        let Some(finder) = &self.finder else { return Ok(true) };
        let mut file = File::open(path).or_cannot_at("open the file", path)?;
        let mut first = Vec::new();
        file.by_ref().take(4).read_to_end(&mut first).or_cannot_at("read the file", path)?;
        if first.starts_with(&GZIP) || first.starts_with(&ZSTD) {
            return Ok(true);
        }
        let all = Cursor::new(first).chain(file);
        match finder.try_stream_find_iter(all).or_cannot_at("read the file", path)?.next() {
            Some(found) => found.map(|_| true).or_cannot_at("read the file", path),
            None => Ok(false),
        }
    }
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
