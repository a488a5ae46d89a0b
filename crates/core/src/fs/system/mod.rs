//! What operating systems and their file systems differ in, and the only place that asks which one this is.
//!
//! [`Unix`] uses what Linux and macOS offer. [`Portable`] gets by with what Rust's standard library does on
//! every system, and is what Windows runs. It is compiled for tests everywhere, so what is built on a
//! [`System`] is tested against both on Linux too.

#[cfg(any(test, not(unix)))]
mod portable;
#[cfg(unix)]
mod unix;

#[cfg(any(test, not(unix)))]
use portable::Portable;
#[cfg(unix)]
use unix::Unix;

use std::io;
use std::path::Path;

/// The calls of one operating system. What it cannot do is [`io::ErrorKind::Unsupported`]; the callers know
/// another way.
pub(super) trait System: Sync {
    /// Gives a file a second name. Not every file system can.
    fn hard_link(&self, file: &Path, link: &Path) -> io::Result<()> {
        std::fs::hard_link(file, link)
    }

    /// Makes `link` lead to a folder that is elsewhere.
    fn link_folder(&self, folder: &Path, link: &Path) -> io::Result<()>;

    /// Lets two folders change places in one step, so that no reader finds neither.
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()>;

    /// Waits until the bytes of a file are on the disk.
    fn sync_file(&self, file: &Path) -> io::Result<()>;

    /// Waits until the names in a folder are on the disk; does nothing where the system sees to that itself.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Waits until everything that was written to the file system of `path` is on the disk.
    fn sync_file_system(&self, path: &Path) -> io::Result<()>;
}

/// The system that this program was compiled for.
pub(super) fn native() -> &'static dyn System {
    #[cfg(unix)]
    return &Unix;
    #[cfg(not(unix))]
    return &Portable;
}

/// The systems to run a test against: the one it runs on, the one that can do least of all that are supported,
/// and one on a file system without hard links.
#[cfg(test)]
pub(super) fn all() -> Vec<Box<dyn System>> {
    struct WithoutLinks;
    impl System for WithoutLinks {
        fn hard_link(&self, _: &Path, _: &Path) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
        fn link_folder(&self, folder: &Path, link: &Path) -> io::Result<()> {
            Portable.link_folder(folder, link)
        }
        fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
            Portable.exchange(one, other)
        }
        fn sync_file(&self, file: &Path) -> io::Result<()> {
            Portable.sync_file(file)
        }
        fn sync_folder(&self, folder: &Path) -> io::Result<()> {
            Portable.sync_folder(folder)
        }
        fn sync_file_system(&self, path: &Path) -> io::Result<()> {
            Portable.sync_file_system(path)
        }
    }
    #[cfg(unix)]
    return vec![Box::new(Unix), Box::new(Portable), Box::new(WithoutLinks)];
    #[cfg(not(unix))]
    return vec![Box::new(Portable), Box::new(WithoutLinks)];
}
