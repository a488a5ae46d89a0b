//! The open rejects of a table, with what people made of them.

use crate::commit::{LoadedFiles, TablePaths};
use crate::rejects::{KeptReject, Reject, archive_path, edited_texts, read_rejects, reject_paths};
use crate::row::{Reason, row_hash};
use ingot_core::error::Result;
use std::collections::HashMap;

/// An open reject, with what a person made of it.
pub(super) struct OpenRow {
    /// The key of the commit that rejected it.
    pub(super) key: String,
    pub(super) kept: KeptReject,
    /// The hash of the row as it came, before any correction.
    pub(super) hash: i64,
    /// The text to try.
    pub(super) text: Vec<u8>,
    pub(super) corrected: bool,
    pub(super) outcome: Outcome,
}

/// What became of a reject.
pub(super) enum Outcome {
    /// Not tried yet.
    Open,
    Loaded,
    Rejected(Vec<Reason>),
    /// Its file, or its key, was delivered again since.
    Superseded,
}

/// Reads the rejects of the commits of these keys, and their corrections.
pub(super) fn open_rows(paths: &TablePaths, keys: &[String], loaded: &LoadedFiles) -> Result<Vec<OpenRow>> {
    let mut rows = Vec::new();
    for key in keys {
        let [csv, parquet] = reject_paths(&paths.lake, &paths.table, key);
        let texts = edited_texts(&csv)?;
        let hashes = hashes_as_delivered(paths, key)?;
        read_rejects(&parquet, |kept| {
            let id = (kept.reject.file.clone(), kept.reject.position.row);
            let done = loaded.replayed.get(&(key.clone(), id.0.clone()));
            if done.is_some_and(|rows| rows.contains(&id.1)) {
                return Ok(());
            }
            let delivery = loaded.files.get(&id.0);
            let superseded = delivery.is_some_and(|delivery| delivery.key != *key || delivery.undone);
            let edited = texts.get(&id).filter(|text| !same_text(text, &kept.reject.raw));
            let hash = hashes.get(&id).copied().unwrap_or_else(|| row_hash(&kept.reject.bytes()));
            let text = edited.map_or_else(|| kept.reject.bytes(), |text| text.clone().into_bytes());
            rows.push(OpenRow {
                key: key.clone(),
                corrected: edited.is_some(),
                hash,
                text,
                outcome: if superseded { Outcome::Superseded } else { Outcome::Open },
                kept,
            });
            Ok(())
        })?;
    }
    Ok(rows)
}

/// The hashes of the rows as they came, where an earlier replay has kept them.
fn hashes_as_delivered(paths: &TablePaths, key: &str) -> Result<HashMap<(String, u64), i64>> {
    let path = archive_path(&paths.lake, &paths.table, key);
    let mut hashes = HashMap::new();
    if path.is_file() {
        read_rejects(&path, |kept| {
            let hash = row_hash(&kept.reject.bytes());
            hashes.insert((kept.reject.file, kept.reject.position.row), hash);
            Ok(())
        })?;
    }
    Ok(hashes)
}

/// Spreadsheets write other line ends within cells; that does not count as a correction.
fn same_text(edited: &str, kept: &str) -> bool {
    let flat = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
    edited == kept || flat(edited) == flat(kept)
}

impl OpenRow {
    pub(super) fn is_loaded(&self) -> bool {
        matches!(self.outcome, Outcome::Loaded)
    }

    /// Whether its reject file must change.
    pub(super) fn changes_its_file(&self) -> bool {
        match &self.outcome {
            Outcome::Loaded => true,
            Outcome::Rejected(reasons) => self.corrected || *reasons != self.kept.reject.reasons,
            Outcome::Open | Outcome::Superseded => false,
        }
    }

    /// The reject as it stays, and the version of the contract that rejected it. `version` is today's.
    pub(super) fn remaining(&self, version: &str) -> (String, Reject) {
        let old = &self.kept.reject;
        let with_text = |reasons: &[Reason]| {
            let mut reject = Reject::new(&old.file, old.position, &self.text, reasons.to_vec());
            reject.header.clone_from(&old.header);
            reject
        };
        match &self.outcome {
            Outcome::Rejected(reasons) => (version.to_owned(), with_text(reasons)),
            // Keeps the correction, if there is one: a later replay may need it.
            _ if self.corrected => (self.kept.contract_version.clone(), with_text(&old.reasons)),
            _ => (self.kept.contract_version.clone(), old.clone()),
        }
    }
}
