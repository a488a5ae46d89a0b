//! Carries a lake into another folder by reference.
//!
//! A Parquet file of a table and a log file of Delta are never changed once they are written: another version has other files.
//! So a second name (a hard link) is as good as a copy, and costs neither time nor space. Everything else in a lake (rejects that
//! people correct, lists of what is known) is small, may be changed in place, and is copied.

use ingot_core::error::{Context as _, Error, Result};
use ingot_core::fs::link_or_copy;
use rayon::prelude::*;
use std::ops::Add;
use std::path::{Component, Path, PathBuf};
use walkdir::WalkDir;

/// Folders of a lake that stay where they are: the history of runs is that of an environment.
const STAY: [&str; 1] = ["_runs"];

/// What was carried.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Carried {
    pub(super) linked: u64,
    pub(super) copied: u64,
    /// Bytes of the copied files.
    pub(super) bytes: u64,
}

impl Add for Carried {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            linked: self.linked + other.linked,
            copied: self.copied + other.copied,
            bytes: self.bytes + other.bytes,
        }
    }
}

/// Carries the lake `from` into the folder `to`, which is made, and the history of runs from `own`, if there is one.
///
/// # Errors
/// A file cannot be read, linked or copied.
pub(super) fn carry(from: &Path, to: &Path, own: &Path) -> Result<Carried> {
    let moves = |relative: &Path| !STAY.iter().any(|name| relative.starts_with(name));
    let mut carried = tree(from, Path::new(""), to, &moves)?;
    for name in STAY.iter().filter(|name| own.join(name).is_dir()) {
        carried = carried + tree(own, Path::new(name), to, &|_| true)?;
    }
    Ok(carried)
}

/// Carries what is in the folder `under` of a lake.
fn tree(from: &Path, under: &Path, to: &Path, is_wanted: &dyn Fn(&Path) -> bool) -> Result<Carried> {
    let mut files = Vec::new();
    for entry in WalkDir::new(from.join(under)) {
        let entry = entry.map_err(|error| Error::new("cannot list the folder").at(from).caused_by(error))?;
        let relative = entry.path().strip_prefix(from).unwrap_or(entry.path());
        if !is_wanted(relative) || is_of_a_process(relative) {
            continue;
        }
        let target = to.join(relative);
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&target).or_cannot_at("create the folder", &target)?;
        } else {
            let is_shared = never_changes(relative);
            files.push((entry.into_path(), target, is_shared));
        }
    }
    let carry_one = |(file, target, is_shared): &(PathBuf, PathBuf, bool)| -> Result<Carried> {
        if *is_shared {
            link_or_copy(file, target)?;
            return Ok(Carried { linked: 1, ..Carried::default() });
        }
        let bytes = std::fs::copy(file, target).or_cannot_at("copy the file", file)?;
        Ok(Carried { copied: 1, bytes, ..Carried::default() })
    };
    // There are thousands, and each waits for the file system.
    files.par_iter().map(carry_one).try_reduce(Carried::default, |one, other| Ok(one + other))
}

/// Whether a file belongs to a process that writes to the lake: a lock, or what is not finished.
fn is_of_a_process(relative: &Path) -> bool {
    // Folders that were shown a moment ago, and the next ones.
    let is_aside = |name: &str| name.starts_with('.') && name.ends_with("-aside");
    if relative.iter().any(|name| name.to_str().is_some_and(is_aside)) {
        return true;
    }
    let name = relative.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.ends_with(".lock") || name.contains(".inprogress") || name.contains("json#")
}

/// Whether a file of a lake is written once, under a name that no other file will have.
fn never_changes(relative: &Path) -> bool {
    let folders: Vec<&str> = relative
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    let Some((name, folders)) = folders.split_last() else { return false };
    let is_in = |folder: &str| folders.contains(&folder);
    if is_in("_delta_log") {
        let version = name.split_once('.').map_or(*name, |(version, _)| version);
        // The protocol's names: twenty digits. `_last_checkpoint` is replaced.
        return version.len() == 20 && version.bytes().all(|byte| byte.is_ascii_digit());
    }
    let is_table = is_in("delta") || is_in("parquet") || is_in("_runs") || is_in("_quality");
    // Copies of log files have their hash in their name.
    is_in(".delta-log") || (is_table && name.ends_with(".parquet"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_never_change_are_shared() {
        for (file, shared) in [
            ("bronze/parquet/orders/day=1/a.parquet", true),
            ("gold/delta/sales/v00000001-a.parquet", true),
            ("gold/delta/sales/_delta_log/00000000000000000003.json", true),
            ("gold/delta/sales/_delta_log/00000000000000000020.checkpoint.parquet", true),
            ("gold/delta/sales/_delta_log/_last_checkpoint", false),
            ("_rejects/orders/a.csv", false),
            ("_rejects/orders/a.parquet", false),
            (".verified-files", false),
        ] {
            assert_eq!(never_changes(Path::new(file)), shared, "{file}");
        }
    }

    #[test]
    fn a_lake_is_carried_without_locks_and_with_the_history_that_was_there() {
        let root = tempfile::tempdir().unwrap();
        let write = |file: &str| {
            let file = root.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "x").unwrap();
        };
        for file in [
            "from/gold/delta/t/a.parquet",
            "from/.load-bronze.lock",
            "from/_runs/one.parquet",
            "from/_rejects/t/a.csv",
        ] {
            write(file);
        }
        write("own/_runs/two.parquet");
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        let carried = carry(&from, &to, &root.path().join("own")).unwrap();
        assert_eq!((carried.linked, carried.copied, carried.bytes), (2, 1, 1));
        assert!(to.join("_runs/two.parquet").is_file() && !to.join("_runs/one.parquet").exists());
        assert!(!to.join(".load-bronze.lock").exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let inode = |path: &Path| std::fs::metadata(path).unwrap().ino();
            let table = "gold/delta/t/a.parquet";
            assert_eq!(inode(&from.join(table)), inode(&to.join(table)));
            assert_ne!(inode(&from.join("_rejects/t/a.csv")), inode(&to.join("_rejects/t/a.csv")));
        }
    }
}
