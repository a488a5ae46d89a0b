//! A folder that shows exactly the live data files of a Delta table, as plain Parquet in hive folders:
//! the same files under a second name, so that two formats cost the work and the space of one.
//!
//! Readers of that folder see the table before a load or after it, not in between. One file more or one less
//! is one step of the file system. Anything larger is built whole in a folder beside, which then takes the
//! place of the shown one ([`FolderSwap`]).

use crate::delta_table::LiveFile;
use ingot_core::error::{Context as _, Result};
use ingot_core::fs::{FolderSwap, link_or_copy};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// What a call of [`mirror`] changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mirrored {
    pub added: usize,
    pub removed: usize,
}

/// Makes `folder` hold these files and no other Parquet file, in one step. Other files in it, such as a
/// README, stay. If it shows the right files already, nothing is touched. Files that stay keep their names, so that
/// whoever has listed the folder before still finds them.
///
/// Killed at any moment and called again, it ends as if it had run once. Where the file system has no hard links, files
/// are copied; where it cannot exchange two folders, there is a moment between two renames in which the folder is not there.
pub fn mirror(files: &[LiveFile], folder: &Path) -> Result<Mirrored> {
    let swap = FolderSwap::begin(folder)?;
    let mut surplus = shown(folder)?;
    let mut stays = Vec::new();
    let mut missing: Vec<&LiveFile> = Vec::new();
    let mut broken = false;
    for file in files {
        match surplus.remove(&file.relative) {
            Some(bytes) if bytes == file.bytes => {}
            Some(_) => {
                broken = true;
                missing.push(file);
            }
            None => missing.push(file),
        }
    }
    surplus.retain(|name, _| {
        let is_ours = name.ends_with(".parquet");
        if !is_ours && !name.ends_with(".inprogress") {
            stays.push(name.clone());
        }
        is_ours
    });
    let done = Mirrored { added: missing.len(), removed: surplus.len() };
    match (missing.as_slice(), surplus.len()) {
        ([], 0) if folder.is_dir() => {}
        ([file], 0) if folder.is_dir() && !broken => link(file, folder)?,
        _ => {
            create(swap.next())?;
            let mut made = None;
            for file in files {
                link_into(file, swap.next(), &mut made)?;
            }
            for name in &stays {
                let target = swap.next().join(name);
                if let Some(parent) = target.parent() {
                    create(parent)?;
                }
                link_or_copy(&folder.join(name), &target)?;
            }
            swap.show()?;
        }
    }
    Ok(done)
}

/// Every file under the folder, by its relative name with `/`, and its length.
fn shown(folder: &Path) -> Result<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in WalkDir::new(folder) {
        let entry = entry.or_cannot_at("list the folder", folder)?;
        if entry.file_type().is_dir() {
            continue;
        }
        let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let relative = relative.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
        let length = std::fs::metadata(entry.path()).map(|found| found.len()).unwrap_or_default();
        found.insert(relative, length);
    }
    Ok(found)
}

fn create(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)
}

/// Adds one file to the shown folder.
fn link(file: &LiveFile, folder: &Path) -> Result<()> {
    link_into(file, folder, &mut None)
}

/// `made` is the folder that is known to be there.
fn link_into(file: &LiveFile, folder: &Path, made: &mut Option<PathBuf>) -> Result<()> {
    let target = folder.join(&file.relative);
    if let Some(parent) = target.parent()
        && made.as_deref() != Some(parent)
    {
        create(parent)?;
        *made = Some(parent.to_path_buf());
    }
    link_or_copy(&file.path, &target)
}
