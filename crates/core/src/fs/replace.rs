//! A file gets another content in one step: readers find the whole old one or the whole new one, also after a power cut.

use super::durable::make_durable;
use crate::error::{Context as _, Result};
use std::path::{Path, PathBuf};

/// Forces a file that was written beside another one to the disk, with its folders below `root`, and gives it the other one's
/// name.
///
/// # Errors
/// The disk does not take it, or the file cannot be replaced. The old one is as it was then.
pub fn put_in_place(written: &Path, file: &Path, root: &Path) -> Result<()> {
    make_durable(&[written.to_path_buf()], root)?;
    std::fs::rename(written, file).or_cannot_at("replace the file", file)
}

/// The same for many files, which are forced to the disk together: `(written, file)`.
///
/// # Errors
/// As [`put_in_place`]. Some files may have been replaced then.
pub fn put_all_in_place(written: &[(PathBuf, PathBuf)], root: &Path) -> Result<()> {
    let new: Vec<PathBuf> = written.iter().map(|(written, _)| written.clone()).collect();
    make_durable(&new, root)?;
    for (written, file) in written {
        std::fs::rename(written, file).or_cannot_at("replace the file", file)?;
    }
    Ok(())
}

/// Writes what is to take the place of a file, with its permissions, into a hidden file beside it, `.<name>.next.inprogress`: no
/// name that a file which is written for the first time has, so that nobody takes one for the other after a kill.
///
/// # Errors
/// The bytes cannot be written.
pub fn write_beside(file: &Path, bytes: &[u8]) -> Result<PathBuf> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside = file.with_file_name(format!(".{name}.next.inprogress"));
    std::fs::write(&beside, bytes).or_cannot_at("write the file", &beside)?;
    if let Ok(about) = std::fs::metadata(file) {
        let _ = std::fs::set_permissions(&beside, about.permissions());
    }
    Ok(beside)
}

/// Gives a file these bytes; its permissions stay.
///
/// # Errors
/// As [`put_in_place`], or the bytes cannot be written.
pub fn replace_content(file: &Path, bytes: &[u8]) -> Result<()> {
    put_in_place(&write_beside(file, bytes)?, file, file.parent().unwrap_or(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_new_content_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a file.csv");
        for text in ["one", "another"] {
            replace_content(&file, text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[cfg(unix)]
    #[test]
    fn its_permissions_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        replace_content(&file, b"new").unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_cannot_be_replaced_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (lost, file) = (folder.path().join("lost"), folder.path().join("file"));
        std::fs::write(&file, "old").unwrap();
        assert!(put_in_place(&lost, &file, folder.path()).is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
    }
}
