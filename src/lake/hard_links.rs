//! A folder that shows exactly the live data files of a Delta table, as plain Parquet in hive folders:
//! the same files under a second name, so that two formats cost the work and the space of one.

use super::delta::LiveFile;
use crate::error::{Context as _, Result};
use std::collections::BTreeMap;
use std::path::Path;
use walkdir::WalkDir;

/// What a call of [`mirror`] changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mirrored {
    pub added: usize,
    pub removed: usize,
}

/// Makes `folder` hold these files and no other Parquet file. Files that are there already stay untouched, so a second
/// call changes nothing. New files appear whole, under their final name, before old ones go.
///
/// Where the file system has no hard links, the file is copied beside and renamed.
pub fn mirror(files: &[LiveFile], folder: &Path) -> Result<Mirrored> {
    std::fs::create_dir_all(folder).doing_to("creating the folder", folder)?;
    let mut surplus: BTreeMap<String, std::path::PathBuf> = BTreeMap::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.doing_to("listing", folder)?;
        if !entry.file_type().is_file() {
            continue;
        }
        let name = entry.file_name().to_string_lossy();
        if name.ends_with(".parquet") || name.ends_with(".inprogress") {
            let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let relative = relative.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
            surplus.insert(relative, entry.path().to_path_buf());
        }
    }
    let mut done = Mirrored::default();
    for file in files {
        let target = folder.join(&file.relative);
        let known = surplus.remove(&file.relative);
        if known.is_some() && std::fs::metadata(&target).is_ok_and(|found| found.len() == file.bytes) {
            continue;
        }
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).doing_to("creating the folder", parent)?;
        }
        if known.is_some() {
            std::fs::remove_file(&target).doing_to("removing", &target)?;
        }
        if std::fs::hard_link(&file.path, &target).is_err() {
            let beside = target.with_extension("inprogress");
            std::fs::copy(&file.path, &beside).doing_to("copying", &file.path)?;
            std::fs::rename(&beside, &target).doing_to("renaming", &beside)?;
        }
        done.added += 1;
    }
    for path in surplus.values() {
        std::fs::remove_file(path).doing_to("removing", path)?;
        done.removed += 1;
    }
    Ok(done)
}
