//! Delta tables without the people, in every version.

use super::changes::{RowNumbers, TableChanges};
use super::checkpoint::rewrite_checkpoint;
use super::files::{FILE, ROW, Scan, path_literal};
use super::rules::{TableWork, action};
use super::values::Values;
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::fs::{make_durable, put_all_in_place};
use ingot_engine::Cell;
use ingot_lake::{
    Changes, CommitDetails, DeltaTable, ERASED, LakeTable, NewFile, ReplacedFile, log_files, mirror,
    renew_last_checkpoint, rewrite_commits,
};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// What is in a table's files of the people.
#[derive(Debug, Clone, Default)]
pub(super) struct FoundInTable {
    pub(super) files: Vec<PathBuf>,
    /// In the newest version.
    pub(super) rows: u64,
    pub(super) version: u64,
    /// What becomes of the rows of all versions.
    pub(super) action: &'static str,
    /// The rows themselves.
    pub(super) changes: Option<TableChanges>,
}

/// The data files of a table that have rows of the people.
///
/// # Errors
/// A file cannot be read, or the table has features of Delta that ingot does not write.
pub(super) fn look(
    table: &LakeTable,
    scan: &Scan,
    work: &TableWork,
    values: &mut Values,
) -> Result<FoundInTable> {
    let open = table.open()?;
    let mut found = FoundInTable { version: open.version(), ..FoundInTable::default() };
    if work.is_nothing() || scan.is_empty() {
        return Ok(found);
    }
    let mapped = open.properties()?.get("delta.columnMapping.mode").is_some_and(|mode| mode != "none");
    let live = open.files()?;
    if mapped || live.iter().any(ingot_lake::LiveFile::has_deletion_vector) {
        return Err(Error::new(
            "the table has deletion vectors or mapped columns, which another program wrote",
        )
        .at(table.delta())
        .hint("rewrite it with that program without them, and run this again"));
    }
    let numbers = RowNumbers { file: FILE, row: ROW };
    let of = (scan.numbered(), scan.columns());
    let changes = TableChanges::find(&table.label(), (&of.0, of.1), numbers, work, values)?;
    let Some(changes) = changes else { return Ok(found) };
    let number = |cell: &Cell| cell.as_i64().unwrap_or_default().unsigned_abs();
    let (mut all, mut gone) = (0, 0);
    for row in &changes.counts(values)?.rows {
        let [file, count, going] = row.as_slice() else { continue };
        let path = PathBuf::from(file.to_string());
        if live.iter().any(|live| live.path == path) {
            found.rows += number(count);
        }
        (all, gone) = (all + number(count), gone + number(going));
        found.files.push(path);
    }
    found.action = action(all, gone);
    found.changes = Some(changes);
    Ok(found)
}

/// Writes data files again without the people, and has every version of the table name the new ones. `work` says for a file
/// what is done to its rows.
///
/// # Errors
/// A file cannot be read or written. Done again, it goes on where it was.
pub(super) fn erase(
    table: &LakeTable,
    files: &[PathBuf],
    erasure: &str,
    change: &dyn Fn(&mut Map<String, Value>),
    rows_of: &dyn Fn(&Scan, &mut Values) -> Result<String>,
    values: &mut Values,
) -> Result<()> {
    let root = table.delta();
    let new_path = |file: &PathBuf| root.join(new_name(&relative(&root, file), erasure));
    let mut written = Vec::new();
    for file in files {
        let path = new_path(file);
        if path.is_file() {
            continue;
        }
        let beside = path.with_file_name(format!(
            ".{}.inprogress",
            path.file_name().unwrap_or_default().to_string_lossy()
        ));
        // A file need not have every column of the table.
        let rows = rows_of(&Scan::of_files(vec![file.clone()], values)?, values)?;
        values.execute(&format!(
            "copy ({rows}) to {} (format parquet, compression zstd, compression_level 1)",
            path_literal(&beside)
        ))?;
        written.push((beside, path));
    }
    put_all_in_place(&written, &root)?;
    let mut replaced = Vec::new();
    for file in files {
        let old = relative(&root, file);
        let (new, _) = NewFile::written(&root, &new_name(&old, erasure), Vec::new())?;
        replaced.push(ReplacedFile { old, new });
    }
    rewrite_commits(&root, &replaced, erasure, change)?;
    for checkpoint in
        log_files(&root)?.iter().filter(|file| file.extension().is_some_and(|kind| kind == "parquet"))
    {
        rewrite_checkpoint(&root, checkpoint, &replaced, values)?;
    }
    renew_last_checkpoint(&root)?;
    let mut open = table.open()?;
    let is_noted = |entry: ingot_lake::HistoryEntry| entry.metadata.get(ERASED) == Some(&json!(erasure));
    if !open.last_commit()?.is_some_and(is_noted) {
        note(&mut open, erasure)?;
    }
    if table.parquet().is_dir() {
        mirror(&open.files()?, &*open.schema()?, &table.parquet())?;
    }
    for file in files {
        if file.is_file() {
            std::fs::remove_file(file).or_cannot_at("remove the file", file)?;
        }
    }
    forget_old_sides(table)
}

/// A commit that says that people were taken out, so that what was made of the table is made again.
fn note(table: &mut DeltaTable, erasure: &str) -> Result<()> {
    let metadata = Map::from_iter([(ERASED.to_owned(), json!(erasure))]);
    let details = CommitDetails { operation: "ERASE", metadata, timestamp: None };
    table.commit(Changes::default(), &details)?;
    make_durable(&[table.log_file()], table.root())
}

/// Folders of the Parquet side that were shown before link to the old files.
fn forget_old_sides(table: &LakeTable) -> Result<()> {
    let aside = table.lake.join(&table.layer).join(".parquet-aside");
    let Ok(entries) = std::fs::read_dir(&aside) else { return Ok(()) };
    for entry in entries {
        let entry = entry.or_cannot_at("list the folder", &aside)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.split('.').next() == Some(table.name.as_str()) && entry.path().is_dir() {
            std::fs::remove_dir_all(entry.path()).or_cannot_at("remove the folder", &entry.path())?;
        }
    }
    Ok(())
}

/// The name of the file that takes the place of another one: it begins as that does, by which bronze knows its commit.
fn new_name(old: &str, erasure: &str) -> String {
    let stem = old.strip_suffix(".parquet").unwrap_or(old);
    let short = erasure.get(..8).unwrap_or(erasure);
    format!("{stem}-e{short}.parquet")
}

fn relative(root: &Path, file: &Path) -> String {
    let inside = file.strip_prefix(root).unwrap_or(file);
    inside.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}
