//! What a table's log says was loaded so far.

use super::commit_record::{CommitRecord, Processed};
use ingot_core::error::Result;
use ingot_lake::{DeltaTable, HistoryEntry, RESTORED_VERSION};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A delivery of a raw file.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    /// Its counts include what replays have moved from the rejected to the accepted rows.
    pub(crate) file: Processed,
    /// The key of its commit.
    pub(crate) key: String,
    pub(crate) run_id: String,
    /// Microseconds since 1970.
    pub(crate) at: i64,
    /// Its rows have left the table. The same content is not loaded again.
    pub(crate) undone: bool,
}

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
    /// Whether the log goes back to its beginning.
    pub(crate) complete: bool,
}

impl Delivery {
    /// None of its rows is in the table.
    fn undo(&mut self) {
        self.undone = true;
        self.file.read = self.file.rejected;
        self.file.accepted = 0;
    }
}

impl LoadedFiles {
    pub(crate) fn of(table: &DeltaTable) -> Result<Self> {
        Ok(Self::after(&table.history()?))
    }

    /// What these commits loaded, the oldest first.
    fn after(history: &[HistoryEntry]) -> Self {
        let mut loaded =
            Self { complete: history.first().is_some_and(|entry| entry.version == 0), ..Self::default() };
        for (index, entry) in history.iter().enumerate() {
            if let Some(version) = entry.metadata.get(RESTORED_VERSION).and_then(Value::as_u64) {
                let then = history[..index].partition_point(|earlier| earlier.version <= version);
                loaded.restore(Self::after(&history[..then]));
            }
            // Commits of other programs (for instance an optimize) carry no record.
            if let Ok(record) = serde_json::from_value::<CommitRecord>(Value::Object(entry.metadata.clone()))
            {
                loaded.add(record);
            }
        }
        loaded
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
