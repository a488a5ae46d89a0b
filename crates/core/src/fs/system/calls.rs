//! What this program asks of an operating system.

use std::fs::{Metadata, Permissions};
use std::io;
use std::path::Path;

/// The calls of one operating system. What it cannot do is [`io::ErrorKind::Unsupported`]; the callers know
/// another way.
pub(in crate::fs) trait System: Sync {
    /// Gives a file a second name. Not every file system can.
    fn hard_link(&self, file: &Path, link: &Path) -> io::Result<()> {
        std::fs::hard_link(file, link)
    }

    /// Makes `link` lead to a folder that is elsewhere.
    fn link_folder(&self, folder: &Path, link: &Path) -> io::Result<()>;

    /// Makes `to` a copy of a file that shares its blocks until one of them is written to.
    fn clone_file(&self, _file: &Path, _to: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// What tells a file from all others: the numbers of its disk and of itself.
    fn identity(&self, _: &Metadata) -> Option<(u64, u64)> {
        None
    }

    /// How many names a file has.
    fn names(&self, _: &Metadata) -> u64 {
        1
    }

    /// Who may read and write a file, as a number, where that is one.
    fn rights(&self, _: &Permissions) -> Option<u32> {
        None
    }

    /// The opposite of [`System::rights`]; `before` is what a file has.
    fn permissions(&self, _rights: u32, before: Permissions) -> Permissions {
        before
    }

    /// Lets two folders change places in one step, so that no reader finds neither.
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()>;

    /// How many bytes a user may still write to the file system of `path`.
    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Lets the bytes of a file go to the disk from now on, without waiting for them.
    fn start_writing_out(&self, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Waits until the bytes of a file are on the disk.
    fn sync_file(&self, file: &Path) -> io::Result<()>;

    /// Waits until the names in a folder are on the disk; does nothing where the system sees to that itself.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Waits until everything that was written to the file system of `path` is on the disk.
    fn sync_file_system(&self, path: &Path) -> io::Result<()>;
}
