//! What a commit of the Delta log remembers of the raw files that went into it. The manifest is healed from it: a file
//! counts as loaded if, and only if, a commit says so.

use crate::evolution::SchemaChange;
use crate::intake::RowCounts;
use crate::run_stamp::RunStamp;
use ingot_contract::Contract;
use ingot_core::error::{Context as _, Result};
use ingot_lake::CommitDetails;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// One raw file that was loaded. Part of the format of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Processed {
    /// Relative to the raw folder.
    pub(crate) path: String,
    /// XXH3-128, hexadecimal.
    pub(crate) hash: String,
    pub(crate) bytes: u64,
    pub(crate) read: u64,
    pub(crate) accepted: u64,
    pub(crate) rejected: u64,
    pub(crate) seconds: f64,
    /// What the place of the file said of its content, in a lake in a bucket: another content has another tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tag: Option<String>,
}

/// Rejected rows of one raw file that a replay has loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Replayed {
    /// The key of the commit that rejected them, after which its reject files are named.
    pub(crate) rejects: String,
    pub(crate) file: String,
    /// Numbers of the rows in the raw file.
    pub(crate) rows: Vec<u64>,
    /// Numbers of those among them whose text was corrected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) corrected: Vec<u64>,
}

/// A delivery of a raw file. Part of the format of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// Its counts include what replays have moved from the rejected to the accepted rows.
    pub(crate) file: Processed,
    /// The key of its commit.
    pub(crate) key: String,
    pub(crate) run_id: String,
    /// Microseconds since 1970.
    pub(crate) at: i64,
    /// Its rows have left the table. The same content is not loaded again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) undone: bool,
}

/// Rows that a replay loaded. Part of the format of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReplayedRows {
    /// The key of the commit that rejected them.
    pub(crate) rejects: String,
    pub(crate) file: String,
    pub(crate) rows: BTreeSet<u64>,
}

/// What commits up to one have loaded. Part of the format of the log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// The newest delivery of each file.
    pub(crate) files: Vec<Delivery>,
    pub(crate) earlier: Vec<Delivery>,
    /// The keys of all commits.
    pub(crate) commits: BTreeSet<String>,
    pub(crate) changing_commits: Vec<CommitRecord>,
    pub(crate) replayed: Vec<ReplayedRows>,
    pub(crate) source_version: Option<u64>,
    pub(crate) newest: Option<(i64, String)>,
    /// The newest version whose commit took rows out that were in the table.
    pub(crate) rows_left: Option<u64>,
}

/// The metadata of one commit of bronze: `commitInfo.ingot` in the Delta log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CommitRecord {
    pub(crate) run_id: String,
    pub(crate) contract_version: String,
    /// Microseconds since 1970; the `ingestion_ts` of the commit's rows.
    pub(crate) ingestion_ts: i64,
    /// The version of a followed Delta table whose changes the commit holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source_version: Option<u64>,
    pub(crate) files: Vec<Processed>,
    /// Rows of that version whose primary key is there more than once.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) repeated_keys: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) schema_changes: Vec<SchemaChange>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) replayed: Vec<Replayed>,
    /// Raw files whose rows the commit took out of the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) undone: Vec<String>,
    /// What all commits before this one loaded, in one of many commits, so that a log need not be kept from its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) memory: Option<Box<Memory>>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Delivery {
    /// None of its rows is in the table.
    pub(crate) fn undo(&mut self) {
        self.undone = true;
        self.file.read = self.file.rejected;
        self.file.accepted = 0;
    }
}

impl Processed {
    pub(crate) fn counts(&self) -> RowCounts {
        RowCounts { read: self.read, accepted: self.accepted, rejected: self.rejected }
    }
}

impl CommitRecord {
    /// A record with nothing in it yet.
    pub(crate) fn new(run: &RunStamp, contract: &Contract) -> Self {
        Self {
            run_id: run.id.clone(),
            contract_version: contract.version.clone(),
            ingestion_ts: run.at,
            source_version: None,
            files: Vec::new(),
            repeated_keys: 0,
            schema_changes: Vec::new(),
            replayed: Vec::new(),
            undone: Vec::new(),
            memory: None,
        }
    }

    /// The beginning of the names of the commit's data files and reject files.
    pub(crate) fn key(&self) -> String {
        match self.source_version {
            Some(version) => format!("{}-v{version:05}", self.run_id),
            None => self.run_id.clone(),
        }
    }

    pub(crate) fn details(&self, operation: &'static str) -> Result<CommitDetails> {
        let metadata = match serde_json::to_value(self).or_cannot("describe the commit")? {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        Ok(CommitDetails { operation, metadata, timestamp: None })
    }
}
