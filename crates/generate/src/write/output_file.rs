//! A file that is written beside its place and then renamed, so that it appears whole or not at all.

use ingot_core::error::{Error, Result};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// What an unfinished file is called.
const UNFINISHED: &str = ".inprogress";

/// A file that appears under its name only when it is whole.
pub(crate) struct OutputFile {
    file: Option<File>,
    unfinished: PathBuf,
    path: PathBuf,
    bytes: u64,
    digest: Box<Xxh3>,
}

/// What a finished file is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    /// XXH3-128 of the bytes, hexadecimal.
    pub(crate) content_hash: String,
}

impl OutputFile {
    /// Makes the folders above it as well.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let unfinished = unfinished_name(path);
        let file = match File::create(&unfinished) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, error))?;
                }
                File::create(&unfinished)
            }
            other => other,
        }
        .map_err(|error| cannot_write(path, error))?;
        Ok(Self {
            file: Some(file),
            unfinished,
            path: path.to_path_buf(),
            bytes: 0,
            digest: Box::new(Xxh3::new()),
        })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_all(bytes).map_err(|error| cannot_write(&self.path, error))
    }

    /// Gives the file its name. How many rows it has is for the caller to say.
    pub(crate) fn finish(&mut self) -> Result<Finished> {
        drop(self.file.take());
        std::fs::rename(&self.unfinished, &self.path).map_err(|error| cannot_write(&self.path, error))?;
        let content_hash = format!("{:032x}", self.digest.digest128());
        Ok(Finished { rows: 0, bytes: self.bytes, content_hash })
    }
}

/// For writers of other crates. The counterpart of [`OutputFile::write`].
impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let Some(file) = &mut self.file else { return Err(std::io::ErrorKind::BrokenPipe.into()) };
        let written = file.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What was begun and never finished is taken away.
impl Drop for OutputFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // It may be gone with its folder already; there is nobody left to tell.
            let _ = std::fs::remove_file(&self.unfinished);
        }
    }
}

fn unfinished_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(UNFINISHED);
    path.with_file_name(name)
}

/// The error for a file or folder that cannot be written, with what to do about the usual causes.
pub(crate) fn cannot_write(path: &Path, error: std::io::Error) -> Error {
    let hint = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            "free some space, or choose a smaller --scale; `ingot generate --dry-run` shows how much it needs"
        }
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            "name a folder that you may write to with --out"
        }
        std::io::ErrorKind::NotADirectory | std::io::ErrorKind::AlreadyExists => {
            "a file is in the way of a folder: name another folder with --out"
        }
        _ => "run the same command again to generate what is missing",
    };
    Error::new("cannot write").at(path).caused_by(error).hint(hint)
}
