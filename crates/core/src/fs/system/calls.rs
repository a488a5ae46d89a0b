//! What this program asks of an operating system.

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
