//! What every system can do: Windows, where links to folders need a right that few people have, where a
//! folder cannot be opened to be flushed, and where nothing exchanges two folders in one step.

use super::calls::System;
use std::fs::File;
use std::io;
use std::path::Path;

pub(super) struct Portable;

impl System for Portable {
    fn link_folder(&self, _: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn exchange(&self, _: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Windows flushes only files that are open for writing:
    /// <https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-flushfilebuffers>.
    fn sync_file(&self, file: &Path) -> io::Result<()> {
        File::options().write(true).open(file)?.sync_all()
    }

    /// NTFS keeps the names of files in a journal of its own.
    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn sync_file_system(&self, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
