//! Making written files outlast a power cut.
//!
//! A killed program loses nothing that it has written: the operating system still has it. A power cut does lose
//! it, so before a commit its files are forced to the disk, and after it the commit itself.

use super::system::{self, System};
use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

/// Above this many files it is cheaper to have the whole file system written out once.
const FEW: usize = 12;

/// Forces files, and the names of them and their folders below `root`, to the disk.
///
/// # Errors
/// When the disk does not take them: a full disk is often noticed only here.
pub fn make_durable(files: &[PathBuf], root: &Path) -> Result<()> {
    make_durable_on(system::native(), files, root)
}

fn make_durable_on(system: &dyn System, files: &[PathBuf], root: &Path) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    if files.len() > FEW {
        match system.sync_file_system(root) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
            result => return result.map_err(|error| cannot_flush(root, error)),
        }
    }
    make_each_durable_on(system, files, root)
}

/// As [`make_durable`], one file after the other however many there are: for files that are not large, while others write to the
/// same file system what need not be waited for.
///
/// # Errors
/// As there.
pub fn make_each_durable(files: &[PathBuf], root: &Path) -> Result<()> {
    make_each_durable_on(system::native(), files, root)
}

fn make_each_durable_on(system: &dyn System, files: &[PathBuf], root: &Path) -> Result<()> {
    let mut folders: BTreeSet<&Path> = BTreeSet::new();
    for file in files {
        system.sync_file(file).map_err(|error| cannot_flush(file, error))?;
        let mut folder = file.parent();
        while let Some(path) = folder {
            if !path.starts_with(root) || !folders.insert(path) {
                break;
            }
            folder = path.parent();
        }
    }
    folders.extend(root.parent().filter(|folder| !folder.as_os_str().is_empty()));
    for folder in folders {
        system.sync_folder(folder).map_err(|error| cannot_flush(folder, error))?;
    }
    Ok(())
}

/// A file that is on its way to the disk while its writer goes on.
#[derive(Debug)]
pub struct Flushing {
    file: PathBuf,
    /// `None`: the system had no thread for it, and [`make_durable`] will do it.
    thread: Option<JoinHandle<io::Result<()>>>,
}

/// Begins to force a finished file to the disk, so that [`make_durable`] finds little left to do.
pub fn begin_to_flush(file: PathBuf) -> Flushing {
    let of = file.clone();
    let flush = move || system::native().sync_file(&of);
    let thread = thread::Builder::new().name("flush".to_owned()).spawn(flush).ok();
    Flushing { file, thread }
}

/// Lets a finished file go to the disk while others are written, so that [`make_durable`] of many small ones has little left
/// to do. Where the system cannot, nothing happens.
pub fn start_writing_out(file: &Path) {
    // A file that cannot be written out is told by `make_durable`, which every file goes through.
    let _ = system::native().start_writing_out(file);
}

impl Flushing {
    /// Waits until the bytes of the file are on the disk.
    ///
    /// # Errors
    /// When the disk does not take them. The system says so only once, so this must not be passed over.
    pub fn wait(self) -> Result<()> {
        match self.thread.map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(flushed)) => flushed.map_err(|error| cannot_flush(&self.file, error)),
            Some(Err(panic)) => std::panic::resume_unwind(panic),
        }
    }
}

fn cannot_flush(path: &Path, error: io::Error) -> Error {
    Error::new("cannot flush files to the disk")
        .at(path)
        .caused_by(error)
        .hint("check the free space and the health of the disk, then run this again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_files_and_many_files_are_flushed_on_every_system() {
        for system in system::all() {
            let root = tempfile::tempdir().unwrap();
            let folder = root.path().join("table/part=1");
            std::fs::create_dir_all(&folder).unwrap();
            let mut files: Vec<PathBuf> = Vec::new();
            for number in 0..=FEW {
                let file = folder.join(number.to_string());
                std::fs::write(&file, "x").unwrap();
                files.push(file);
                make_durable_on(&*system, &files, &root.path().join("table")).unwrap();
            }
        }
    }

    #[test]
    fn a_file_is_flushed_meanwhile_and_its_error_comes_out() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("data");
        std::fs::write(&file, "x").unwrap();
        begin_to_flush(file).wait().unwrap();
        let lost = root.path().join("lost");
        let error = begin_to_flush(lost.clone()).wait().unwrap_err();
        assert_eq!(error.place().map(|place| place.file.clone()), Some(lost));
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        for system in system::all() {
            let root = tempfile::tempdir().unwrap();
            let lost = root.path().join("lost");
            let error = make_durable_on(&*system, std::slice::from_ref(&lost), root.path()).unwrap_err();
            assert_eq!(error.place().map(|place| place.file.clone()), Some(lost));
        }
    }
}
