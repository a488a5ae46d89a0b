//! What operating systems and their file systems differ in, and the only place that asks which one this is.
//!
//! [`Unix`] uses what Linux and macOS offer. [`Portable`] gets by with what Rust's standard library does on
//! every system, and is what Windows runs. It is compiled for tests everywhere, so what is built on a
//! [`System`] is tested against both on Linux too.

mod calls;
#[cfg(any(test, not(unix)))]
mod portable;
#[cfg(unix)]
mod unix;

#[cfg(any(test, not(unix)))]
use portable::Portable;
#[cfg(unix)]
use unix::Unix;

pub(super) use calls::System;

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
    use std::io;
    use std::path::Path;

    struct WithoutLinks;
    impl System for WithoutLinks {
        fn hard_link(&self, _: &Path, _: &Path) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
        fn link_folder(&self, folder: &Path, link: &Path) -> io::Result<()> {
            Portable.link_folder(folder, link)
        }
        #[cfg(unix)]
        fn rights(&self, permissions: &std::fs::Permissions) -> Option<u32> {
            Unix.rights(permissions)
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
