//! Linux, macOS and other Unixes; what only Linux or macOS has is unsupported on the others.

use super::calls::System;
use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

pub(super) struct Unix;

impl System for Unix {
    fn link_folder(&self, folder: &Path, link: &Path) -> io::Result<()> {
        std::os::unix::fs::symlink(folder, link)
    }

    #[cfg(target_os = "linux")]
    fn clone_file(&self, file: &Path, to: &Path) -> io::Result<()> {
        rustix::fs::ioctl_ficlone(File::create_new(to)?, File::open(file)?).map_err(io::Error::from)
    }

    #[cfg(target_os = "macos")]
    fn clone_file(&self, file: &Path, to: &Path) -> io::Result<()> {
        use rustix::fs::{CWD, CloneFlags, fclonefileat};
        fclonefileat(File::open(file)?, CWD, to, CloneFlags::empty()).map_err(io::Error::from)
    }

    fn identity(&self, about: &Metadata) -> Option<(u64, u64)> {
        Some((about.dev(), about.ino()))
    }

    fn names(&self, about: &Metadata) -> u64 {
        about.nlink()
    }

    fn rights(&self, permissions: &Permissions) -> Option<u32> {
        Some(permissions.mode() & 0o7777)
    }

    fn permissions(&self, rights: u32, _: Permissions) -> Permissions {
        Permissions::from_mode(rights)
    }

    #[cfg(any(target_os = "linux", target_os = "macos"))]
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(io::Error::from)
    }

    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    fn exchange(&self, _: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        let found = rustix::fs::statvfs(path)?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }

    /// Linux begins to write out what a file does not need in memory; pages that are not on the disk yet stay there.
    #[cfg(target_os = "linux")]
    fn start_writing_out(&self, file: &Path) -> io::Result<()> {
        rustix::fs::fadvise(File::open(file)?, 0, None, rustix::fs::Advice::DontNeed).map_err(io::Error::from)
    }

    fn sync_file(&self, file: &Path) -> io::Result<()> {
        File::open(file)?.sync_all()
    }

    /// A new name is on the disk once the folder that holds it is.
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    #[cfg(target_os = "linux")]
    fn sync_file_system(&self, path: &Path) -> io::Result<()> {
        rustix::fs::syncfs(File::open(path)?).map_err(io::Error::from)
    }

    #[cfg(not(target_os = "linux"))]
    fn sync_file_system(&self, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
