//! Puts right what killed runs left of a table. docs/concepts/architecture.md has a table of what that can be.

use super::loaded_files::LoadedFiles;
use super::run::Run;
use super::table_paths::TablePaths;
use crate::rejects::{publish_staged, reject_folder};
use crate::run_stamp::commit_of;
use ingot_core::error::{Context as _, Result};
use ingot_lake::{DeltaTable, FileStamp, clear_unfinished_commits, mirror};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use walkdir::WalkDir;

/// A table of the lake, if there is one, and what its log says was loaded.
pub(crate) struct OpenTable {
    pub(crate) delta: Option<DeltaTable>,
    pub(crate) loaded: Arc<LoadedFiles>,
}

impl OpenTable {
    fn open(paths: &TablePaths) -> Result<Self> {
        let delta = paths.open_intact()?;
        let loaded = delta.as_ref().map(LoadedFiles::of).transpose()?.unwrap_or_default();
        Ok(Self { delta, loaded })
    }
}

/// Opens a table and puts right what killed runs left of it and of its rows in the manifest. A dry run changes nothing.
pub(crate) fn open_and_heal(run: &Run<'_>, paths: &TablePaths) -> Result<OpenTable> {
    let table = OpenTable::open(paths)?;
    if !run.options.dry_run && !is_as_left(run, paths, table.delta.as_ref()) {
        heal(paths, &table)?;
        run.with_manifest(|manifest| manifest.heal(&paths.table, &table.loaded))?;
        if let Some(delta) = &table.delta {
            leave_whole(run, paths, delta);
        }
    }
    Ok(table)
}

/// How this process left each table whole. What a program that loads all day has left itself needs no look at every file of the
/// table before the next load.
static WHOLE: Mutex<BTreeMap<PathBuf, Whole>> = Mutex::new(BTreeMap::new());

/// A table of which nothing is left to be done, nor of its rows in the manifest.
#[derive(PartialEq, Eq)]
struct Whole {
    /// Of the table, which may be made anew in the same folder.
    id: String,
    version: u64,
    /// The file of the manifest: its number, and when it was made, because a number is given again.
    manifest: (u64, SystemTime),
}

impl Whole {
    /// `None` if it could not be told from another.
    fn of(run: &Run<'_>, delta: &DeltaTable) -> Option<Self> {
        let found = std::fs::metadata(&run.options.manifest).ok()?;
        let manifest = (FileStamp::from(&found).number(), found.created().ok()?);
        Some(Self { id: delta.id().ok()?, version: delta.version(), manifest })
    }
}

/// Remembers that nothing is left to be done for a table, nor for its rows in the manifest.
pub(super) fn leave_whole(run: &Run<'_>, paths: &TablePaths, delta: &DeltaTable) {
    let mut whole = WHOLE.lock().unwrap_or_else(PoisonError::into_inner);
    match Whole::of(run, delta) {
        Some(left) => drop(whole.insert(paths.delta(), left)),
        None => drop(whole.remove(&paths.delta())),
    }
}

fn is_as_left(run: &Run<'_>, paths: &TablePaths, delta: Option<&DeltaTable>) -> bool {
    let whole = WHOLE.lock().unwrap_or_else(PoisonError::into_inner);
    let found = delta.and_then(|delta| Whole::of(run, delta));
    found.is_some_and(|found| whole.get(&paths.delta()) == Some(&found))
}

/// Removes at once what a table that failed has written and not committed. What cannot be removed now is removed by the
/// next run, so errors are ignored.
pub(crate) fn clean_up(run: &Run<'_>, paths: &TablePaths) {
    if !run.options.dry_run {
        WHOLE.lock().unwrap_or_else(PoisonError::into_inner).remove(&paths.delta());
        let _ = OpenTable::open(paths).and_then(|table| heal(paths, &table));
    }
}

fn heal(paths: &TablePaths, table: &OpenTable) -> Result<()> {
    for (key, path) in staged_rejects(&reject_folder(&paths.lake, &paths.table))? {
        if table.loaded.commits.contains(&key) {
            publish_staged(&path)?;
        } else if path.exists() {
            std::fs::remove_file(&path).or_cannot_at("remove the file", &path)?;
        }
    }
    clear_unfinished_commits(&paths.delta())?;
    let live: HashSet<PathBuf> = match &table.delta {
        Some(delta) => delta.files()?.into_iter().map(|file| file.path).collect(),
        None => HashSet::new(),
    };
    remove_orphans(&paths.delta(), &live, &table.loaded)?;
    if let Some(delta) = &table.delta {
        mirror(&delta.files()?, &*delta.schema()?, &paths.parquet())?;
    }
    Ok(())
}

/// Reject files that are not published: the key of their commit, and where they are.
fn staged_rejects(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.or_cannot_at("list the folder", folder)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".inprogress")
            && let Some(key) = name.strip_prefix('.').and_then(commit_of)
        {
            found.push((key.to_owned(), entry.path()));
        }
    }
    Ok(found)
}

/// Removes data files of commits that were never made. Files of other commits stay, live or not: older versions of the
/// table need them.
fn remove_orphans(folder: &Path, live: &HashSet<PathBuf>, loaded: &LoadedFiles) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in WalkDir::new(folder) {
        let entry = entry.or_cannot_at("list the folder", folder)?;
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_file()
            && name.ends_with(".parquet")
            && commit_of(&name).is_some_and(|key| !loaded.commits.contains(key))
            && !live.contains(entry.path())
        {
            std::fs::remove_file(entry.path()).or_cannot_at("remove the file", entry.path())?;
        }
    }
    Ok(())
}
