//! A large JSON object that is written member by member, so that it is never in memory as a whole.

use ingot_core::error::{Context, Result};
use rayon::prelude::*;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// How many entries one thread makes at a time, and how many wait to be written.
const PIECE: usize = 128;
const WINDOW: usize = 32 * PIECE;

/// An object that is being written beside the file whose place it takes in the end; until then a reader
/// sees the old one.
pub(super) struct Document {
    file: PathBuf,
    beside: PathBuf,
    out: std::io::BufWriter<std::fs::File>,
    /// Over all bytes since [`Document::mark`], and how many they are.
    hash: Xxh3,
    length: u64,
    is_empty: bool,
}

/// What tells one run of bytes from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(super) struct Fingerprint {
    pub length: u64,
    pub hash: String,
}

impl Fingerprint {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut hash = Xxh3::new();
        hash.update(bytes);
        Self { length: bytes.len() as u64, hash: format!("{:x}", hash.digest128()) }
    }
}

impl Document {
    pub(super) fn create(file: &Path) -> Result<Self> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
        }
        let beside = file.with_extension("json.tmp");
        let out = std::fs::File::create(&beside).or_cannot_at("write the file", &beside)?;
        let out = std::io::BufWriter::with_capacity(1 << 20, out);
        let mut document =
            Self { file: file.to_path_buf(), beside, out, hash: Xxh3::new(), length: 0, is_empty: true };
        document.raw(b"{")?;
        Ok(document)
    }

    /// Bytes as they are: such as the rest of an object that was written before.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        self.length += bytes.len() as u64;
        self.out.write_all(bytes).or_cannot_at("write the file", &self.beside)
    }

    fn key(&mut self, key: &str) -> Result<()> {
        let comma = if std::mem::take(&mut self.is_empty) { "" } else { "," };
        self.raw(format!("{comma}\"{key}\":").as_bytes())
    }

    /// A member whose key needs no escapes.
    pub(super) fn member(&mut self, key: &str, value: &impl Serialize) -> Result<()> {
        self.key(key)?;
        let text = serde_json::to_vec(value).or_cannot_at("write the file", &self.beside)?;
        self.raw(&text)
    }

    /// A member that is an object itself, of one entry for each item; several threads make them.
    pub(super) fn object<'i, T: Sync, V: Serialize>(
        &mut self,
        key: &str,
        items: &'i [T],
        entry: impl Fn(&'i T) -> (&'i str, V) + Sync,
    ) -> Result<()> {
        self.key(key)?;
        self.raw(b"{")?;
        let piece = |items: &'i [T]| -> serde_json::Result<Vec<u8>> {
            let mut out = Vec::with_capacity(items.len() * 2048);
            for item in items {
                let (key, value) = entry(item);
                out.push(b',');
                serde_json::to_writer(&mut out, key)?;
                out.push(b':');
                serde_json::to_writer(&mut out, &value)?;
            }
            Ok(out)
        };
        for (number, window) in items.chunks(WINDOW).enumerate() {
            let pieces: serde_json::Result<Vec<Vec<u8>>> = window.par_chunks(PIECE).map(piece).collect();
            for (place, bytes) in pieces.or_cannot_at("write the file", &self.beside)?.into_iter().enumerate()
            {
                self.raw(if (number, place) == (0, 0) { &bytes[1..] } else { &bytes })?;
            }
        }
        self.raw(b"}")
    }

    /// From here on bytes are counted and hashed from the start.
    pub(super) fn mark(&mut self) {
        (self.hash, self.length) = (Xxh3::new(), 0);
    }

    /// Closes the object and puts it in its place. Gives the fingerprint of what was written since the mark.
    pub(super) fn end(mut self) -> Result<Fingerprint> {
        self.raw(b"}")?;
        self.put_in_place()
    }

    /// The same for an object that [`Document::raw`] has closed already.
    pub(super) fn put_in_place(mut self) -> Result<Fingerprint> {
        self.out.flush().or_cannot_at("write the file", &self.beside)?;
        std::fs::rename(&self.beside, &self.file).or_cannot_at("write the file", &self.file)?;
        Ok(Fingerprint { length: self.length, hash: format!("{:x}", self.hash.digest128()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    #[test]
    fn an_object_in_pieces_is_the_object() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/b.json");
        let names: Vec<String> = (0..WINDOW + PIECE + 3).map(|number| format!("n\"{number}")).collect();
        let mut document = Document::create(&file).unwrap();
        document.member("head", &json!({"a": [1, null]})).unwrap();
        document.mark();
        document.object("all", &names, |name| (name, name.len())).unwrap();
        document.object("none", &names[..0], |name| (name, 0)).unwrap();
        let fingerprint = document.end().unwrap();
        let text = std::fs::read(&file).unwrap();
        let read: Json = serde_json::from_slice(&text).unwrap();
        assert_eq!(read["all"].as_object().unwrap().len(), names.len());
        assert_eq!(read["all"]["n\"17"], 4);
        assert_eq!((&read["head"], &read["none"]), (&json!({"a": [1, null]}), &json!({})));
        let from = text.len() - fingerprint.length as usize;
        assert_eq!(Fingerprint::of(&text[from..]), fingerprint);
        assert!(text[..from].ends_with(b"}"));
        assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }
}
