//! A folder that shows exactly the live data files of a Delta table, as plain Parquet in hive folders:
//! the same files under a second name, so that two formats cost the work and the space of one.
//!
//! Readers of that folder see the table before a load or after it, not in between. One file more or one less
//! is one step of the file system. Anything larger is built whole in a folder beside, which then takes the
//! place of the shown one ([`FolderSwap`]).
//!
//! A table without data files is shown by one file without rows ([`NO_ROWS`]).

use crate::data_file::NewFile;
use crate::delta_table::LiveFile;
use crate::no_rows::{NO_ROWS, file_without_rows};
use arrow::datatypes::Schema;
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

/// Makes `folder` hold these files of a table with these columns and no other Parquet file, in one step. Other files in it, such as a
/// README, stay. If it shows the right files already, nothing is touched. Files that stay keep their names, so that
/// whoever has listed the folder before still finds them.
///
/// Killed at any moment and called again, it ends as if it had run once. Where the file system has no hard links, files
/// are copied; where it cannot exchange two folders, there is a moment between two renames in which the folder is not there.
///
/// # Errors
/// A folder cannot be listed or written, or a file cannot be linked or copied.
pub fn mirror(files: &[LiveFile], columns: &Schema, folder: &Path) -> Result<Mirrored> {
    let next = NextSide::plan(files.iter().map(MirroredFile::of_live).collect(), columns, folder)?;
    next.build()?;
    next.show()
}

/// A data file as the folder shows it.
#[derive(Debug)]
pub struct MirroredFile {
    /// Relative to the table's folder, with `/`.
    relative: String,
    path: PathBuf,
    bytes: u64,
}

impl MirroredFile {
    pub fn of_live(file: &LiveFile) -> Self {
        Self { relative: file.relative.clone(), path: file.path.clone(), bytes: file.bytes }
    }

    /// `delta` is the table's folder.
    pub fn of_new(file: &NewFile, delta: &Path) -> Self {
        Self { relative: file.relative.clone(), path: delta.join(&file.relative), bytes: file.bytes }
    }
}

/// What the folder is to show next: [`mirror`] in its parts, so that most of the work can be done before the commit that it
/// shows, while that waits for the disk.
pub struct NextSide {
    swap: FolderSwap,
    folder: PathBuf,
    files: Vec<MirroredFile>,
    /// What shows the columns if there are no files.
    without_rows: Option<Vec<u8>>,
    /// Other files of the folder, by their relative names.
    stays: Vec<String>,
    step: Step,
    done: Mirrored,
}

enum Step {
    Nothing,
    /// The file at this place of `files` gets its name in the shown folder.
    Link(usize),
    /// A whole folder takes the place of the shown one.
    Replace,
}

impl NextSide {
    /// Compares the files that are to be shown with those that are. Nothing that is shown changes.
    ///
    /// # Errors
    /// The folder cannot be listed, or its place cannot be written.
    pub fn plan(files: Vec<MirroredFile>, columns: &Schema, folder: &Path) -> Result<Self> {
        let swap = FolderSwap::begin(folder)?;
        let mut surplus = shown(folder)?;
        let mut stays = Vec::new();
        let mut missing = Vec::new();
        let mut broken = false;
        for (place, file) in files.iter().enumerate() {
            let is_shown = surplus.remove(&file.relative);
            if is_shown != Some(file.bytes) {
                broken |= is_shown.is_some();
                missing.push(place);
            }
        }
        let without_rows = match files.is_empty() {
            true => Some(file_without_rows(columns, folder)?),
            false => None,
        };
        let mut done = Mirrored { added: missing.len(), removed: 0 };
        if let Some(wanted) = &without_rows {
            let is_shown = surplus.remove(NO_ROWS).is_some();
            if !(is_shown && std::fs::read(folder.join(NO_ROWS)).is_ok_and(|shown| shown == *wanted)) {
                broken = true;
                done.added += 1;
            }
        }
        surplus.retain(|name, _| {
            let is_ours = name.ends_with(".parquet");
            if !is_ours && !name.ends_with(".inprogress") {
                stays.push(name.clone());
            }
            is_ours
        });
        done.removed = surplus.len();
        let step = match (missing.as_slice(), surplus.len()) {
            ([], 0) if folder.is_dir() && !broken => Step::Nothing,
            ([file], 0) if folder.is_dir() && !broken => Step::Link(*file),
            _ => Step::Replace,
        };
        Ok(Self { swap, folder: folder.to_path_buf(), files, without_rows, stays, step, done })
    }

    /// Builds the folder that takes the place of the shown one, if one is to. The data files must be there; no commit need
    /// name them yet.
    ///
    /// # Errors
    /// A folder cannot be created, or a file cannot be linked or copied.
    pub fn build(&self) -> Result<()> {
        if !matches!(self.step, Step::Replace) {
            return Ok(());
        }
        create(self.swap.next())?;
        let mut made = None;
        for file in &self.files {
            link_into(file, self.swap.next(), &mut made)?;
        }
        if let Some(bytes) = &self.without_rows {
            let file = self.swap.next().join(NO_ROWS);
            std::fs::write(&file, bytes).or_cannot_at("write the file", &file)?;
        }
        for name in &self.stays {
            let target = self.swap.next().join(name);
            if let Some(parent) = target.parent() {
                create(parent)?;
            }
            link_or_copy(&self.folder.join(name), &target)?;
        }
        Ok(())
    }

    /// Shows the files, after [`NextSide::build`].
    ///
    /// # Errors
    /// The file cannot be linked, or the folder cannot be replaced.
    pub fn show(self) -> Result<Mirrored> {
        match self.step {
            Step::Nothing => {}
            Step::Link(place) => link_into(&self.files[place], &self.folder, &mut None)?,
            Step::Replace => self.swap.show()?,
        }
        Ok(self.done)
    }

    /// Leaves what is shown as it is.
    pub fn give_up(self) {
        // What cannot be removed now is removed by the next plan.
        let _ = self.swap.give_up();
    }
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

/// Adds a file to a folder. `made` is the folder that is known to be there.
fn link_into(file: &MirroredFile, folder: &Path, made: &mut Option<PathBuf>) -> Result<()> {
    let target = folder.join(&file.relative);
    if let Some(parent) = target.parent()
        && made.as_deref() != Some(parent)
    {
        create(parent)?;
        *made = Some(parent.to_path_buf());
    }
    link_or_copy(&file.path, &target)
}
