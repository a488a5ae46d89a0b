//! A file that programs write into, under two names until one of them is written into.
//!
//! A copy that shares its blocks (Btrfs, XFS, APFS) is best, and nobody notices it. Other file systems have hard links, by which
//! a change under one name would be one under the other too. So a file with two names is read-only, a note beside each name
//! says that it is shared, and whoever is about to write into it calls [`own_file`] first.

use super::replace::replace_content;
use super::system::{self, System};
use crate::error::{Context as _, Error, Result};
use std::fs::{File, Permissions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The note that says that a file is shared. In it are the rights that the file had before, in octal digits.
pub fn shared_note(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.shared"))
}

/// Gives a file the second name `link`, and makes it read-only with a note beside it. Gives whether that was possible. The note
/// beside the other name is up to the caller.
///
/// # Errors
/// The note cannot be written.
pub fn share_file(file: &Path, link: &Path) -> Result<bool> {
    share_file_on(system::native(), file, link)
}

fn share_file_on(system: &dyn System, file: &Path, link: &Path) -> Result<bool> {
    let note = shared_note(file);
    let is_shared = std::fs::metadata(&note).is_ok_and(|about| about.len() > 0);
    let before = std::fs::metadata(file).or_cannot_at("read the file", file)?.permissions();
    let Some(rights) = system.rights(&before) else { return Ok(false) };
    if !is_shared {
        // First of all, so that a file that is read-only because of this always has its note; in one step, so that a note that
        // is there can be understood.
        replace_content(&note, format!("{rights:o}\n").as_bytes())?;
    }
    let mut read_only = before.clone();
    read_only.set_readonly(true);
    let shared = std::fs::set_permissions(file, read_only).and_then(|()| system.hard_link(file, link));
    if shared.is_err() && !is_shared {
        let _ = std::fs::set_permissions(file, before);
        let _ = std::fs::remove_file(&note);
    }
    Ok(shared.is_ok())
}

/// Makes a file one that may be written into: if it is shared, it becomes a copy with the same time and the rights that it had.
/// Costs nothing for any other file. Processes that do it at the same time wait for each other.
///
/// # Errors
/// The copy cannot be written.
pub fn own_file(file: &Path) -> Result<()> {
    own_file_on(system::native(), file)
}

fn own_file_on(system: &dyn System, file: &Path) -> Result<()> {
    let note = shared_note(file);
    let task = "take the file out of what two environments share";
    let mut held = match File::open(&note) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened.or_cannot_at(task, &note)?,
    };
    held.lock().or_cannot_at(task, &note)?;
    if !note.is_file() {
        // Another process has done it meanwhile.
        return Ok(());
    }
    let mut rights = String::new();
    held.read_to_string(&mut rights).or_cannot_at(task, &note)?;
    let about = std::fs::metadata(file).or_cannot_at(task, file)?;
    let permissions = match rights.trim() {
        // Who began it was killed before the file was made read-only.
        "" => about.permissions(),
        rights => {
            let rights = u32::from_str_radix(rights, 8).map_err(|error| {
                Error::new("the note of a shared file cannot be understood").at(&note).caused_by(error)
            })?;
            system.permissions(rights, about.permissions())
        }
    };
    if system.names(&about) > 1 {
        copy_into_place(system, file, &about, permissions).or_cannot_at(task, file)?;
    } else {
        std::fs::set_permissions(file, permissions).or_cannot_at(task, file)?;
    }
    std::fs::remove_file(&note).or_cannot_at(task, &note)
}

fn copy_into_place(
    system: &dyn System,
    file: &Path,
    about: &std::fs::Metadata,
    permissions: Permissions,
) -> io::Result<()> {
    let beside = shared_note(file).with_extension("inprogress");
    let _ = std::fs::remove_file(&beside);
    std::fs::copy(file, &beside)?;
    std::fs::set_permissions(&beside, permissions)?;
    // Who knows the file by its time and length need not look at it again.
    File::options().write(true).open(&beside)?.set_modified(about.modified()?)?;
    system.sync_file(&beside)?;
    std::fs::rename(&beside, file)
}

/// Makes `to` a copy that shares the blocks of a file. Gives whether the file system has such copies.
pub fn clone_file(file: &Path, to: &Path) -> bool {
    let cloned = system::native().clone_file(file, to).is_ok();
    if !cloned {
        let _ = std::fs::remove_file(to);
    }
    cloned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_that_was_only_begun_says_nothing_of_the_file() {
        for system in system::all() {
            let folder = tempfile::tempdir().unwrap();
            let [one, other] = ["one.duckdb", "other.duckdb"].map(|name| folder.path().join(name));
            std::fs::write(&one, "first").unwrap();
            let before = std::fs::metadata(&one).unwrap().permissions();
            std::fs::write(shared_note(&one), "").unwrap();
            own_file_on(&*system, &one).unwrap();
            assert_eq!(std::fs::metadata(&one).unwrap().permissions(), before);
            assert!(!shared_note(&one).exists());
            // Who shares the file after that writes the note as if there were none.
            std::fs::write(shared_note(&one), "").unwrap();
            if share_file_on(&*system, &one, &other).unwrap() {
                own_file_on(&*system, &one).unwrap();
                std::fs::write(&one, "second").unwrap();
                assert_eq!(std::fs::read_to_string(&other).unwrap(), "first");
            }
        }
    }

    #[test]
    fn a_shared_file_is_written_into_under_one_name_only() {
        for system in system::all() {
            let folder = tempfile::tempdir().unwrap();
            let [one, other] = ["one.duckdb", "other.duckdb"].map(|name| folder.path().join(name));
            std::fs::write(&one, "first").unwrap();
            let time = std::fs::metadata(&one).unwrap().modified().unwrap();
            if !share_file_on(&*system, &one, &other).unwrap() {
                assert!(!other.exists() && !shared_note(&one).exists());
                assert!(!std::fs::metadata(&one).unwrap().permissions().readonly());
                continue;
            }
            std::fs::copy(shared_note(&one), shared_note(&other)).unwrap();
            assert!(super::super::is_same_file(&one, &other));
            assert!(std::fs::metadata(&one).unwrap().permissions().readonly());

            own_file_on(&*system, &other).unwrap();
            assert!(!shared_note(&other).exists());
            assert_eq!(std::fs::metadata(&other).unwrap().modified().unwrap(), time);
            std::fs::write(&other, "second").unwrap();
            assert_eq!(std::fs::read_to_string(&one).unwrap(), "first");

            // It has one name left, and needs no copy.
            own_file_on(&*system, &one).unwrap();
            own_file_on(&*system, &one).unwrap();
            std::fs::write(&one, "third").unwrap();
            assert_eq!(std::fs::read_to_string(&other).unwrap(), "second");
            let mut left: Vec<_> =
                std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            left.sort();
            assert_eq!(left, ["one.duckdb", "other.duckdb"]);
        }
    }
}
