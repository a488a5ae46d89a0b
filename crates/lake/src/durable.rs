//! Making written files outlast a power cut.
//!
//! A kill loses nothing that was written: the operating system still has it. A power cut does, so that before a commit its
//! files are forced to the disk, and after it the commit itself.

use ingot_core::error::{Context as _, Error, Result};
use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Above this many files it is cheaper to have the whole file system written out once.
const FEW: usize = 12;

/// Forces files, and the names of them and their folders below `root`, to the disk.
///
/// # Errors
/// When the disk does not take them: a full disk is often noticed only here.
pub fn make_durable(files: &[PathBuf], root: &Path) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    if files.len() > FEW && sync_file_system(root)? {
        return Ok(());
    }
    let mut folders: BTreeSet<&Path> = BTreeSet::new();
    for file in files {
        sync(file)?;
        let mut folder = file.parent();
        while let Some(path) = folder {
            if !path.starts_with(root) || !folders.insert(path) {
                break;
            }
            folder = path.parent();
        }
    }
    folders.extend(root.parent().filter(|folder| !folder.as_os_str().is_empty()));
    #[cfg(unix)]
    for folder in folders {
        sync(folder)?;
    }
    Ok(())
}

fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| {
        Error::new("the disk did not take what was written")
            .at(path)
            .caused_by(error)
            .hint("check that the disk has room and is sound, then run this again")
    })
}

/// Returns false where the system has no such call.
#[cfg(target_os = "linux")]
fn sync_file_system(root: &Path) -> Result<bool> {
    let folder = File::open(root).doing_to("opening the folder", root)?;
    rustix::fs::syncfs(folder).doing_to("writing everything to the disk", root)?;
    Ok(true)
}

#[cfg(not(target_os = "linux"))]
fn sync_file_system(_: &Path) -> Result<bool> {
    Ok(false)
}
