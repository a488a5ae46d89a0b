//! What a commit of the Delta log remembers of the raw files that went into it. It is the truth from
//! which the manifest is healed: a file counts as loaded if, and only if, a commit says so.

use crate::error::{Context as _, Result};
use crate::lake::{CommitDetails, DeltaTable};
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
}

impl CommitRecord {
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

/// What a table's log says was loaded so far.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// By path: the newest delivery of each file, with the commit's run and time (µs since 1970).
    pub files: BTreeMap<String, (Processed, String, i64)>,
    /// The keys of all commits.
    pub commits: BTreeSet<String>,
    /// The newest version of the followed table that is in.
    pub source_version: Option<u64>,
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
            let Ok(record) = serde_json::from_value::<CommitRecord>(Value::Object(entry.metadata)) else {
                continue;
            };
            if record.source_version.is_some() {
                known.source_version = record.source_version;
            }
            known.commits.insert(record.key());
            for file in record.files {
                known.files.insert(file.path.clone(), (file, record.run_id.clone(), record.ingestion_ts));
            }
        }
        Ok(known)
    }
}
