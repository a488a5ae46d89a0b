//! The part of `manifest.json` after its metadata: written once for a parse, taken over while nothing changes.
//!
//! Beside the manifest is a note: which parse its body was written for, with which compiled SQL in it, and the
//! body's fingerprint. A body is taken over only if the parse of this run is that very one, read back from what
//! was kept of it (`parse/cache.rs`), if the compiled SQL is the same (none for a mere parse), and if the bytes in
//! the file are still those. Anything else is written again.

use crate::artifacts::document::Fingerprint;
use crate::hashing::of_texts;
use crate::invocation::Invocation;
use crate::outcomes::RunSummary;
use crate::parse::parsed::Kept;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

const NOTE: &str = "manifest_body.ingot";

#[derive(Serialize, Deserialize)]
struct Note {
    parse: String,
    compiled: String,
    body: Fingerprint,
}

/// A body that is the same each time the same kept parse is read back.
pub(super) struct Body<'a> {
    note: PathBuf,
    parse: &'a str,
    /// The hash of the compiled SQL in it.
    compiled: String,
    read_back: bool,
}

impl<'a> Body<'a> {
    pub(super) fn of(invocation: &Invocation, kept: &'a Kept, summary: &RunSummary) -> Self {
        let of_results = summary
            .results
            .iter()
            .filter_map(|result| Some([result.unique_id.as_str(), result.compiled_code.as_deref()?]));
        let of_ephemerals = summary
            .injected
            .iter()
            .filter_map(|(id, injected)| Some([id.as_str(), injected.code.as_deref()?]));
        let mut compiled: Vec<[&str; 2]> = of_results.chain(of_ephemerals).collect();
        compiled.sort_unstable();
        Self {
            note: invocation.settings.target_folder.join(NOTE),
            parse: &kept.parse,
            compiled: of_texts(compiled.into_iter().flatten()),
            read_back: kept.read_back,
        }
    }

    /// The body that the manifest has, if it is the one to be written.
    pub(super) fn take_over(&self, manifest: &Path) -> Option<Vec<u8>> {
        if !self.read_back {
            return None;
        }
        let note: Note = serde_json::from_slice(&std::fs::read(&self.note).ok()?).ok()?;
        let mut file = File::open(manifest)
            .ok()
            .filter(|_| note.parse == self.parse && note.compiled == self.compiled)?;
        file.seek(SeekFrom::End(-i64::try_from(note.body.length).ok()?)).ok()?;
        let mut body = Vec::new();
        file.read_to_end(&mut body).ok()?;
        (Fingerprint::of(&body) == note.body).then_some(body)
    }

    /// Notes what was written. A failure is not an error: the next run writes the body again.
    pub(super) fn remember(&self, body: Fingerprint) {
        let note = Note { parse: self.parse.to_owned(), compiled: self.compiled.clone(), body };
        if let Ok(text) = serde_json::to_vec(&note) {
            std::fs::write(&self.note, text).ok();
        }
    }
}
