//! The hash of a data file's bytes, XXH3-128: taken while the file is written, and again when it is checked.

use ingot_core::error::{Context as _, Result};
use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::Path;
use xxhash_rust::xxh3::Xxh3;

/// Bytes read at once.
const BUFFER: usize = 1 << 20;

/// A file that is written from its beginning to its end, and hashed on the way.
pub(crate) struct HashingFile {
    file: File,
    hash: Xxh3,
}

impl HashingFile {
    pub(crate) fn new(file: File) -> Self {
        Self { file, hash: Xxh3::new() }
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Of the bytes that were written so far.
    pub(crate) fn hash(&self) -> String {
        text(&self.hash)
    }
}

impl Write for HashingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// XXH3-128 of a file's bytes, hexadecimal.
///
/// # Errors
/// The file cannot be read.
pub fn hash_of_file(path: &Path) -> Result<String> {
    let mut file = File::open(path).or_cannot_at("open the file", path)?;
    let mut hash = Xxh3::new();
    // Many are a few hundred bytes long, as those of logs.
    let length = file.metadata().map_or(BUFFER as u64, |found| found.len().saturating_add(1));
    let mut buffer = vec![0; usize::try_from(length).map_or(BUFFER, |length| length.min(BUFFER))];
    loop {
        match file.read(&mut buffer).or_cannot_at("read the file", path)? {
            0 => return Ok(text(&hash)),
            length => hash.update(&buffer[..length]),
        }
    }
}

fn text(hash: &Xxh3) -> String {
    format!("{:032x}", hash.digest128())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hashed_while_it_is_written_is_what_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut file = HashingFile::new(File::create(&path).unwrap());
        file.write_all(&[7; BUFFER]).unwrap();
        file.write_all(b"and a little more").unwrap();
        assert_eq!(hash_of_file(&path).unwrap(), file.hash());
        assert!(hash_of_file(&folder.path().join("lost")).is_err());
    }
}
