//! A second name for a file or a folder, or a copy where the system gives no second name.

use super::system::{self, System};
use crate::error::{Context as _, Error, Result};
use std::io;
use std::path::Path;

/// Gives a file the second name `to`, or copies it there if its file system has no hard links. The copy
/// appears whole or not at all, and is on the disk; the folder of `to` must be there.
///
/// # Errors
/// The file cannot be copied either.
pub fn link_or_copy(file: &Path, to: &Path) -> Result<()> {
    link_or_copy_on(system::native(), file, to)
}

fn link_or_copy_on(system: &dyn System, file: &Path, to: &Path) -> Result<()> {
    if system.hard_link(file, to).is_ok() {
        return Ok(());
    }
    let unfinished = to.with_extension("inprogress");
    let copied = std::fs::copy(file, &unfinished)
        // A copy has no twin that was flushed already.
        .and_then(|_| system.sync_file(&unfinished))
        .and_then(|()| std::fs::rename(&unfinished, to));
    copied.map_err(|error| {
        let _ = std::fs::remove_file(&unfinished);
        Error::new("cannot copy the file").at(to).caused_by(error)
    })
}

/// Whether both names are of one file. Where the system does not say (Windows), they are taken for two.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |file: &Path| system::native().identity(&std::fs::metadata(file).ok()?);
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

/// Makes `to` a link to a folder, or a copy of it if the system does not let everybody link folders.
///
/// # Errors
/// Something of that name is there already, or the copy fails.
pub fn link_or_copy_folder(folder: &Path, to: &Path) -> Result<()> {
    link_or_copy_folder_on(system::native(), folder, to)
}

/// Makes `link` a symbolic link to `target`, which is written as given: relative to the folder of the link.
///
/// # Errors
/// The system has no links that everybody may make (of the kind `Unsupported`), or something of that name is there.
pub fn symbolic_link(target: &Path, link: &Path) -> Result<()> {
    system::native().link_folder(target, link).or_cannot_at("make the link", link)
}

fn link_or_copy_folder_on(system: &dyn System, folder: &Path, to: &Path) -> Result<()> {
    match system.link_folder(folder, to) {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            std::fs::create_dir(to).or_cannot_at("create the folder", to)?;
            let copy = to.canonicalize().or_cannot_at("find the folder", to)?;
            copy_contents(folder, to, &copy)
        }
        result => result.or_cannot_at("link the folder", to),
    }
}

/// Copies what is in `folder`, except `copy`, the whole copy's own folder, which may be inside what is copied.
fn copy_contents(folder: &Path, to: &Path, copy: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder).or_cannot_at("list the folder", folder)? {
        let entry = entry.or_cannot_at("list the folder", folder)?;
        let (from, target) = (entry.path(), to.join(entry.file_name()));
        // Links inside are followed, as they would be through a link to the folder.
        if !from.is_dir() {
            std::fs::copy(&from, &target).or_cannot_at("copy the file", &from)?;
        } else if from.canonicalize().or_cannot_at("find the folder", &from)? != copy {
            std::fs::create_dir(&target).or_cannot_at("create the folder", &target)?;
            copy_contents(&from, &target, copy)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_second_name_on_every_system() {
        for system in system::all() {
            let root = tempfile::tempdir().unwrap();
            let (file, to) = (root.path().join("a.parquet"), root.path().join("b.parquet"));
            std::fs::write(&file, "rows").unwrap();
            link_or_copy_on(&*system, &file, &to).unwrap();
            assert_eq!(std::fs::read(&to).unwrap(), b"rows");
            assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 2);
            assert!(link_or_copy_on(&*system, &root.path().join("lost"), &to).is_err());
            assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 2);
        }
    }

    #[test]
    fn a_folder_shows_the_same_files_on_every_system() {
        for system in system::all() {
            let root = tempfile::tempdir().unwrap();
            let (folder, to) = (root.path().join("package"), root.path().join("installed"));
            std::fs::create_dir_all(folder.join("macros")).unwrap();
            std::fs::write(folder.join("macros/one.sql"), "select 1").unwrap();
            link_or_copy_folder_on(&*system, &folder, &to).unwrap();
            assert_eq!(std::fs::read(to.join("macros/one.sql")).unwrap(), b"select 1");
            assert!(link_or_copy_folder_on(&*system, &folder, &to).is_err());
        }
    }

    #[test]
    fn a_folder_can_be_copied_into_itself() {
        for system in system::all() {
            let root = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(root.path().join("project/dbt_packages")).unwrap();
            std::fs::write(root.path().join("one.sql"), "select 1").unwrap();
            let to = root.path().join("project/dbt_packages/above");
            link_or_copy_folder_on(&*system, root.path(), &to).unwrap();
            assert!(to.join("one.sql").is_file());
        }
    }
}
