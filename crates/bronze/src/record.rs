//! What a commit of the Delta log remembers of the raw files that went into it. It is the truth from
//! which the manifest is healed: a file counts as loaded if, and only if, a commit says so.

use super::evolve::SchemaChange;
use super::table::Run;
use ingot_contract::Contract;
use ingot_core::error::{Context as _, Result};
use ingot_lake::{CommitDetails, DeltaTable};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// One raw file that was loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Processed {
    /// Relative to the raw folder.
    pub path: String,
    /// XXH3-128, hexadecimal.
    pub hash: String,
    pub bytes: u64,
    pub read: u64,
    pub accepted: u64,
    pub rejected: u64,
    pub seconds: f64,
}

/// Rejected rows of one raw file that a replay has loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replayed {
    /// The commit that rejected them: names its reject files.
    pub rejects: String,
    pub file: String,
    /// Their numbers in the raw file.
    pub rows: Vec<u64>,
    /// Those among them whose text was corrected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrected: Vec<u64>,
}

/// The metadata of one commit of bronze.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommitRecord {
    pub run_id: String,
    pub contract_version: String,
    /// Microseconds since 1970; the `ingestion_ts` of the commit's rows.
    pub ingestion_ts: i64,
    /// The version of a followed Delta table whose changes the commit holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_version: Option<u64>,
    pub files: Vec<Processed>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schema_changes: Vec<SchemaChange>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replayed: Vec<Replayed>,
}

impl CommitRecord {
    /// A record with nothing in it yet.
    pub fn new(run: &Run<'_>, contract: &Contract) -> Self {
        Self {
            run_id: run.id.clone(),
            contract_version: contract.version.clone(),
            ingestion_ts: run.ingestion_ts,
            source_version: None,
            files: Vec::new(),
            schema_changes: Vec::new(),
            replayed: Vec::new(),
        }
    }

    /// What the names of the commit's data files and reject files begin with.
    pub fn key(&self) -> String {
        match self.source_version {
            Some(version) => format!("{}-v{version:05}", self.run_id),
            None => self.run_id.clone(),
        }
    }

    pub fn details(&self, operation: &'static str) -> Result<CommitDetails> {
        let metadata = match serde_json::to_value(self).doing("describing the commit")? {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        Ok(CommitDetails { operation, metadata, timestamp: None })
    }
}

/// A delivery of a raw file.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// With the rows that replays have moved from the rejected to the accepted ones.
    pub file: Processed,
    /// Of its commit.
    pub key: String,
    pub run_id: String,
    /// Microseconds since 1970.
    pub at: i64,
}

/// What a table's log says was loaded so far.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// By path, the newest.
    pub files: BTreeMap<String, Delivery>,
    /// Those before the newest, oldest first.
    pub earlier: Vec<Delivery>,
    /// The keys of all commits.
    pub commits: BTreeSet<String>,
    /// The records of commits that changed columns or replayed rejects, oldest first.
    pub remarkable: Vec<CommitRecord>,
    /// By commit and file: the rejected rows that were replayed since.
    pub replayed: BTreeMap<(String, String), BTreeSet<u64>>,
    /// The newest version of the followed table that is in.
    pub source_version: Option<u64>,
    /// When the newest load was made (µs since 1970), and under which version of the contract.
    pub newest: Option<(i64, String)>,
    /// Whether the log goes back to its beginning.
    pub complete: bool,
}

impl Known {
    pub fn of(table: &DeltaTable) -> Result<Self> {
        let history = table.history()?;
        let mut known =
            Self { complete: history.first().is_some_and(|entry| entry.version == 0), ..Self::default() };
        for entry in history {
            // Other programs' commits (an optimize, say) carry no record.
            if let Ok(record) = serde_json::from_value::<CommitRecord>(Value::Object(entry.metadata)) {
                known.add(record);
            }
        }
        Ok(known)
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
            let delivery =
                Delivery { key: key.clone(), run_id: record.run_id.clone(), at: record.ingestion_ts, file };
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
        if !record.replayed.is_empty() || !record.schema_changes.is_empty() {
            self.remarkable.push(record);
        }
    }
}
