//! What a table's log says was loaded so far.

use super::commit_record::{CommitRecord, Delivery, Memory, ReplayedRows};
use ingot_core::error::{Error, Kind, Result};
use ingot_lake::{DeltaTable, FileStamp, HistoryEntry, LakeTable, MEMORY, RESTORED_VERSION, takes_rows_out};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// What a table's log says was loaded so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct LoadedFiles {
    /// The newest delivery of each file, by path.
    pub(crate) files: BTreeMap<String, Delivery>,
    /// Deliveries before the newest, oldest first.
    pub(crate) earlier: Vec<Delivery>,
    /// The keys of all commits.
    pub(crate) commits: BTreeSet<String>,
    /// The records of commits that changed columns or replayed rejects, oldest first.
    pub(crate) changing_commits: Vec<CommitRecord>,
    /// By commit and file: the rejected rows that were replayed since.
    pub(crate) replayed: BTreeMap<(String, String), BTreeSet<u64>>,
    /// The newest version of the followed table that was taken.
    pub(crate) source_version: Option<u64>,
    /// When the newest load was made (µs since 1970), and under which version of the contract.
    pub(crate) newest: Option<(i64, String)>,
    /// The newest version whose commit took rows out that were in the table.
    rows_left: Option<u64>,
    /// The oldest version whose commit was read for all this.
    pub(super) read_back_to: u64,
}

impl LoadedFiles {
    /// Reads the log back to the newest commit that sums up those before it; of a table that this process knows, only what
    /// came since.
    ///
    /// # Errors
    /// The log cannot be read, or neither begins with the table nor with such a commit: what was loaded is not known then, and
    /// would be loaded again.
    pub(crate) fn of(table: &DeltaTable) -> Result<Arc<Self>> {
        let known = Known::take(table)?.map(|known| known.followed_to(table)).transpose()?.flatten();
        let known = match known {
            Some(known) => known,
            None => Known::read(table)?,
        };
        Ok(known.keep(table))
    }

    fn read(table: &DeltaTable) -> Result<Self> {
        let mut history = Vec::new();
        // A restore brings back what was loaded at its version, so the log is read back to that.
        let mut needed = table.version();
        for version in (0..=table.version()).rev() {
            let Some(entry) = table.commit_of(version)? else { return Err(forgotten(table, version)) };
            needed = restored(&entry).map_or(needed, |restored| needed.min(restored));
            let sums_up = entry.metadata.contains_key(MEMORY);
            history.push(entry);
            if sums_up && version <= needed {
                break;
            }
        }
        history.reverse();
        let read_back_to = history.first().map_or(0, |entry| entry.version);
        Ok(Self { read_back_to, ..Self::after(&history) })
    }

    /// What these commits loaded, the oldest first.
    fn after(history: &[HistoryEntry]) -> Self {
        let mut loaded = Self::default();
        for (index, entry) in history.iter().enumerate() {
            if let Some(version) = restored(entry) {
                let then = history[..index].partition_point(|earlier| earlier.version <= version);
                loaded.restore(Self::after(&history[..then]));
            }
            loaded.take(entry, index == 0);
        }
        loaded
    }

    /// Adds a commit that is not a restore. `is_first` says that it sums up what is not known otherwise.
    fn take(&mut self, entry: &HistoryEntry, is_first: bool) {
        // Commits of other programs (for instance an optimize) carry no record.
        if let Ok(mut record) = serde_json::from_value::<CommitRecord>(Value::Object(entry.metadata.clone()))
        {
            let memory = record.memory.take();
            if let (true, Some(memory)) = (is_first, memory) {
                *self = Self::remembered(*memory);
            }
            self.add(record);
        }
        if takes_rows_out(entry) {
            self.rows_left = Some(entry.version);
        }
    }

    /// For a commit that sums up those before it.
    pub(crate) fn memory(self) -> Memory {
        let replayed = self.replayed.into_iter();
        Memory {
            files: self.files.into_values().collect(),
            earlier: self.earlier,
            commits: self.commits,
            changing_commits: self.changing_commits,
            replayed: replayed.map(|((rejects, file), rows)| ReplayedRows { rejects, file, rows }).collect(),
            source_version: self.source_version,
            newest: self.newest,
            rows_left: self.rows_left,
        }
    }

    fn remembered(memory: Memory) -> Self {
        let by_path = |delivery: Delivery| (delivery.file.path.clone(), delivery);
        Self {
            files: memory.files.into_iter().map(by_path).collect(),
            earlier: memory.earlier,
            commits: memory.commits,
            changing_commits: memory.changing_commits,
            replayed: memory
                .replayed
                .into_iter()
                .map(|replayed| ((replayed.rejects, replayed.file), replayed.rows))
                .collect(),
            source_version: memory.source_version,
            newest: memory.newest,
            rows_left: memory.rows_left,
            read_back_to: 0,
        }
    }

    /// The table has the rows of an earlier version again: what was loaded after it is undone, and what was undone after it
    /// is loaded. A followed table is followed from that version on.
    fn restore(&mut self, then: Self) {
        for (path, delivery) in &mut self.files {
            match then.files.get(path) {
                Some(before) if before.key == delivery.key => *delivery = before.clone(),
                _ => delivery.undo(),
            }
        }
        self.source_version = then.source_version;
    }

    fn add(&mut self, mut record: CommitRecord) {
        if record.source_version.is_some() {
            self.source_version = record.source_version;
        }
        let key = record.key();
        self.commits.insert(key.clone());
        // A replay brings no newer data.
        if !record.files.is_empty() {
            self.newest = Some((record.ingestion_ts, record.contract_version.clone()));
        }
        for file in std::mem::take(&mut record.files) {
            let delivery = Delivery {
                key: key.clone(),
                run_id: record.run_id.clone(),
                at: record.ingestion_ts,
                file,
                undone: false,
            };
            self.earlier.extend(self.files.insert(delivery.file.path.clone(), delivery));
        }
        for replayed in &record.replayed {
            let rows = replayed.rows.len() as u64;
            // Rows of an earlier delivery do not count for a later one.
            if let Some(delivery) =
                self.files.get_mut(&replayed.file).filter(|delivery| delivery.key == replayed.rejects)
            {
                delivery.file.accepted += rows;
                delivery.file.rejected = delivery.file.rejected.saturating_sub(rows);
            }
            self.replayed
                .entry((replayed.rejects.clone(), replayed.file.clone()))
                .or_default()
                .extend(&replayed.rows);
        }
        for path in &record.undone {
            if let Some(delivery) = self.files.get_mut(path) {
                delivery.undo();
            }
            self.earlier.iter_mut().filter(|delivery| delivery.file.path == *path).for_each(Delivery::undo);
        }
        if !record.replayed.is_empty() || !record.schema_changes.is_empty() {
            self.changing_commits.push(record);
        }
    }
}

/// What this process knows of a table: a program that loads all day would otherwise read as much of the log each time as the
/// table has files.
struct Known {
    /// Of the table, which may have been made anew in the same folder.
    id: String,
    version: u64,
    /// The log files that it was read from, from `read_back_to` on. An erasure writes some of them again.
    stamps: Vec<Option<FileStamp>>,
    loaded: Arc<LoadedFiles>,
}

static KNOWN: Mutex<BTreeMap<PathBuf, Known>> = Mutex::new(BTreeMap::new());

impl Known {
    fn read(table: &DeltaTable) -> Result<Self> {
        let loaded = LoadedFiles::read(table)?;
        let stamps = (loaded.read_back_to..=table.version()).map(|version| stamp(table, version)).collect();
        Ok(Self { id: table.id()?, version: table.version(), stamps, loaded: Arc::new(loaded) })
    }

    /// `None` if nothing is known, or not of this table and its log.
    fn take(table: &DeltaTable) -> Result<Option<Self>> {
        let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).remove(table.root());
        let Some(known) = known.filter(|known| known.version <= table.version()) else { return Ok(None) };
        let is_same = known.id == table.id()?
            && (known.loaded.read_back_to..).zip(&known.stamps).all(|(at, then)| stamp(table, at) == *then);
        Ok(is_same.then_some(known))
    }

    /// With the commits up to the version of the table. `None` if one of them brings back an earlier version, for which more of
    /// the log is needed, or is gone.
    fn followed_to(mut self, table: &DeltaTable) -> Result<Option<Self>> {
        let mut loaded = Arc::unwrap_or_clone(self.loaded);
        for version in self.version + 1..=table.version() {
            let Some(entry) = table.commit_of(version)? else { return Ok(None) };
            if restored(&entry).is_some() {
                return Ok(None);
            }
            loaded.take(&entry, false);
            if entry.metadata.contains_key(MEMORY) {
                loaded.read_back_to = version;
                self.stamps.clear();
            }
            self.stamps.push(stamp(table, version));
        }
        Ok(Some(Self { loaded: Arc::new(loaded), version: table.version(), ..self }))
    }

    fn keep(self, table: &DeltaTable) -> Arc<LoadedFiles> {
        let loaded = Arc::clone(&self.loaded);
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(table.root().to_path_buf(), self);
        loaded
    }
}

fn stamp(table: &DeltaTable, version: u64) -> Option<FileStamp> {
    FileStamp::of(&table.log_file_of(version))
}

/// The version that a commit brought back.
fn restored(entry: &HistoryEntry) -> Option<u64> {
    entry.metadata.get(RESTORED_VERSION).and_then(Value::as_u64)
}

fn forgotten(table: &DeltaTable, version: u64) -> Error {
    let error = Error::new(format!(
        "the Delta log lacks version {version}, so what was loaded up to it is not known, and would be loaded again"
    ))
    .of_kind(Kind::Data)
    .at(table.root());
    match LakeTable::at(table.root()) {
        Some(found) => error.hint(format!(
            "run `{}`; if the file has no copy, load the table anew: `{} --from-nothing`",
            found.repair_log_command(),
            found.repair_command()
        )),
        None => error,
    }
}
