//! The one moment at which a table's load becomes true, and putting right what a killed run left.
//!
//! Order of a load: data files and reject files are written where no reader looks; **the commit to the Delta
//! log**; then the reject files are shown, the Parquet side is linked, and the manifest is written. A run killed before the
//! commit has loaded nothing: its files are cleared away by the next run. A run killed after it has loaded
//! everything: the next run does the three remaining steps, which are the same calls.

use super::record::{CommitRecord, Known};
use super::rejects::{self, StagedRejects};
use ingot_contract::Contract;
use ingot_core::error::{Context as _, Result};
use ingot_core::fs::make_durable;
use ingot_lake::{Changes, DeltaTable, NewFile, TableDefinition, mirror};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// `20261121T040102-3fa9c1`: sorts by time.
const RUN_ID_LENGTH: usize = 22;

pub fn new_run_id(now: jiff::Timestamp) -> String {
    let unique = uuid::Uuid::new_v4().simple().to_string();
    format!("{}-{}", now.strftime("%Y%m%dT%H%M%S"), &unique[..6])
}

/// The commit that a data file's or reject file's name belongs to: its run, and for followed tables the version
/// (`…-v00003`). Compare with [`CommitRecord::key`].
pub fn commit_of(name: &str) -> Option<&str> {
    let run = name.get(..RUN_ID_LENGTH)?;
    let bytes = run.as_bytes();
    let is_run = bytes[8] == b'T'
        && bytes[15] == b'-'
        && bytes[..8].iter().chain(&bytes[9..15]).all(u8::is_ascii_digit)
        && bytes[16..].iter().all(u8::is_ascii_hexdigit);
    if !is_run {
        return None;
    }
    let is_version = |tail: &str| {
        tail.strip_prefix("-v").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let with_version = name.get(..RUN_ID_LENGTH + 7).filter(|long| is_version(&long[RUN_ID_LENGTH..]));
    Some(with_version.unwrap_or(run))
}

/// Where a table lies in the lake.
#[derive(Debug, Clone)]
pub struct Place {
    pub lake: PathBuf,
    pub table: String,
}

impl Place {
    pub fn delta(&self) -> PathBuf {
        self.lake.join("bronze").join("delta").join(&self.table)
    }
    pub fn parquet(&self) -> PathBuf {
        self.lake.join("bronze").join("parquet").join(&self.table)
    }
    /// The reject files of a commit.
    pub fn rejects(&self, key: &str) -> StagedRejects {
        StagedRejects::names(&self.lake, &self.table, key)
    }

    /// Opens the table if it is there.
    pub fn open(&self) -> Result<Option<DeltaTable>> {
        let folder = self.delta();
        if DeltaTable::exists(&folder) { DeltaTable::open(&folder).map(Some) } else { Ok(None) }
    }
}

/// Makes the commit; creates the table with it, and with the columns in `changes`, if there is none. The table's properties
/// keep its whole log, which remembers what was loaded.
///
/// What the commit speaks of is on the disk before it, and the commit itself before this returns.
pub fn commit(
    place: &Place,
    table: Option<DeltaTable>,
    contract: &Contract,
    changes: Changes,
    rejects: &[StagedRejects],
    record: &CommitRecord,
) -> Result<DeltaTable> {
    let delta = place.delta();
    let mut written: Vec<PathBuf> = changes.add.iter().map(|file| delta.join(&file.relative)).collect();
    written.extend(rejects.iter().flat_map(StagedRejects::written));
    make_durable(&written, &place.lake)?;
    let table = enter(place, table, contract, changes, record)?;
    make_durable(&[table.log_file()], &place.lake)?;
    Ok(table)
}

fn enter(
    place: &Place,
    table: Option<DeltaTable>,
    contract: &Contract,
    changes: Changes,
    record: &CommitRecord,
) -> Result<DeltaTable> {
    match table {
        Some(mut table) => {
            let operation = if changes.remove.is_empty() { "WRITE" } else { "MERGE" };
            table.commit(changes, &record.details(operation)?)?;
            Ok(table)
        }
        None => {
            let definition = TableDefinition {
                name: place.table.clone(),
                schema: changes.schema.unwrap_or_else(|| contract.lake_schema()),
                partition_columns: contract
                    .partitions
                    .iter()
                    .map(|partition| partition.name.clone())
                    .collect(),
                properties: vec![("delta.enableExpiredLogCleanup".to_owned(), "false".to_owned())],
                id: None,
            };
            DeltaTable::create_with(
                &place.delta(),
                &definition,
                changes.add,
                &record.details("CREATE TABLE")?,
            )
        }
    }
}

/// Shows what is committed: reject files and the Parquet side. Done again, it changes nothing.
pub fn show(place: &Place, table: &DeltaTable, key: &str) -> Result<()> {
    place.rejects(key).publish()?;
    mirror(&table.files()?, &place.parquet())?;
    Ok(())
}

/// Puts right what earlier, killed runs left of this table. The manifest is healed apart from it.
pub fn heal(place: &Place, table: Option<&DeltaTable>, known: &Known) -> Result<()> {
    for (key, path) in staged_rejects(&rejects::folder(&place.lake, &place.table))? {
        if known.commits.contains(&key) {
            rejects::publish_staged(&path)?;
        } else if path.exists() {
            std::fs::remove_file(&path).doing_to("removing", &path)?;
        }
    }
    if table.is_none() || known.complete {
        let live: std::collections::HashSet<PathBuf> = match table {
            Some(table) => table.files()?.into_iter().map(|file| file.path).collect(),
            None => Default::default(),
        };
        clear_orphans(&place.delta(), &live, known)?;
    }
    if let Some(table) = table {
        mirror(&table.files()?, &place.parquet())?;
    }
    Ok(())
}

/// Unpublished reject files: their commit, and where they are.
fn staged_rejects(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.doing_to("listing", folder)?;
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

/// Removes data files of commits that never came about. Those of others stay, live or not: older
/// versions of the table show them.
fn clear_orphans(folder: &Path, live: &std::collections::HashSet<PathBuf>, known: &Known) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in WalkDir::new(folder) {
        let entry = entry.doing_to("listing", folder)?;
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_file()
            && name.ends_with(".parquet")
            && commit_of(&name).is_some_and(|key| !known.commits.contains(key))
            && !live.contains(entry.path())
        {
            std::fs::remove_file(entry.path()).doing_to("removing", entry.path())?;
        }
    }
    Ok(())
}

/// Rows of data files.
pub fn rows(files: &[NewFile]) -> u64 {
    files.iter().map(|file| file.rows).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_their_run() {
        let run = new_run_id(jiff::Timestamp::now());
        assert_eq!(commit_of(&format!("{run}-00001-0.parquet")), Some(run.as_str()));
        assert_eq!(commit_of(&format!("{run}-v00003-kept-0.parquet")), Some(&*format!("{run}-v00003")));
        assert_eq!(commit_of(&format!("{run}-v00003.csv.inprogress")), Some(&*format!("{run}-v00003")));
        assert_eq!(commit_of("part-00000-8a2e.snappy.parquet"), None);
    }
}
