//! The bytes of a raw file: opened, hashed and counted while they are read.

use crate::read_error::FileFailure;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::Xxh3;

/// Bytes of one read of a file that is only hashed.
const CHUNK: usize = 256 << 10;

/// The file's hash (XXH3-128, hexadecimal) and length.
pub(crate) fn content_hash(
    path: &Path,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(String, u64), FileFailure> {
    let (mut input, digest) = Digested::open(path, progress)?;
    let mut buffer = vec![0; CHUNK];
    while read_some(&mut input, &mut buffer).map_err(|error| cannot_read(&error))? > 0 {}
    Ok(digest.finish())
}

/// A file that is hashed while it is read.
pub(crate) struct Digested<'p> {
    file: File,
    digest: Digest,
    progress: &'p (dyn Fn(u64) + Sync),
}

/// Hash and length of what was read so far, shared with the owner of the file.
#[derive(Clone)]
pub(crate) struct Digest(Arc<Mutex<(Xxh3, u64)>>);

impl Digest {
    /// Hash and length of what was read.
    pub(crate) fn finish(&self) -> (String, u64) {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (format!("{:032x}", state.0.digest128()), state.1)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

impl<'p> Digested<'p> {
    pub(crate) fn open(
        path: &Path,
        progress: &'p (dyn Fn(u64) + Sync),
    ) -> Result<(Self, Digest), FileFailure> {
        let file = File::open(path).map_err(|error| cannot_open(&error))?;
        let digest = Digest(Arc::new(Mutex::new((Xxh3::new(), 0))));
        Ok((Self { file, digest: digest.clone(), progress }, digest))
    }
}

impl Read for Digested<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(out)?;
        let mut state = self.digest.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0.update(&out[..count]);
        state.1 += count as u64;
        drop(state);
        if count > 0 {
            (self.progress)(count as u64);
        }
        Ok(count)
    }
}

/// One read, tried again when a signal interrupts it; 0 at the end.
pub(crate) fn read_some(input: &mut impl Read, out: &mut [u8]) -> std::io::Result<usize> {
    loop {
        match input.read(out) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

pub(crate) fn cannot_open(error: &std::io::Error) -> FileFailure {
    match error.kind() {
        std::io::ErrorKind::NotFound => FileFailure::new("VANISHED", "the file no longer exists"),
        std::io::ErrorKind::PermissionDenied => {
            FileFailure::new("NO_PERMISSION", "no permission to read the file")
        }
        _ => cannot_read(error),
    }
}

pub(crate) fn cannot_read(error: &std::io::Error) -> FileFailure {
    FileFailure::new("CANNOT_READ", error.to_string())
}
