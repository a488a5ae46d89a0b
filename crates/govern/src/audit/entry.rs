//! One line of the trail.

use ingot_core::error::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// The hash that the first line of a trail has in the place of that of a line before it.
pub(crate) const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What a command changed. It has no values of rows and no text of an error, which may quote some: a trail cannot be
/// rewritten when a person must be erased.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// 1 for the first entry of a trail.
    pub number: u64,
    /// A UUID, which the run has in the history of runs as well.
    pub id: String,
    /// `load-bronze`, `lake restore`.
    pub command: String,
    /// As they were typed, without secrets.
    pub arguments: Vec<String>,
    pub user: String,
    pub host: String,
    /// Times are in UTC, in RFC 3339.
    pub started: String,
    /// Null if the command was killed: then nobody knows when.
    pub ended: Option<String>,
    /// `ok`, `failed`, `could not run`, `killed`.
    pub result: String,
    /// The kind of error that ended it.
    pub error: Option<String>,
    pub binary: Binary,
    /// The commit that was checked out in the project's git repository.
    pub commit: Option<String>,
    /// Tables with another version or with new rows, and those only.
    pub tables: Vec<TableChange>,
    /// What else the command says of its work.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Value>,
    /// SHA-256 of the line before, without its line break.
    pub previous: String,
}

/// Which program it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Binary {
    pub version: String,
    /// SHA-256 of the file; null if it could not be read.
    pub sha256: Option<String>,
}

/// A table that was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableChange {
    /// `gold.fct_sales`.
    pub table: String,
    /// Version of its Delta table in the lake before; null if it had none.
    pub before: Option<u64>,
    pub after: Option<u64>,
    /// Rows that were loaded, or changed by the node's main statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Rows that were rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<u64>,
}

impl Entry {
    /// The line of the entry, with its line break.
    pub(crate) fn line(&self) -> Result<Vec<u8>> {
        let mut line = serde_json::to_vec(self).map_err(|error| {
            Error::defect("an entry of the audit trail cannot be written").caused_by(error)
        })?;
        line.push(b'\n');
        Ok(line)
    }
}

/// SHA-256 of a line, in hexadecimal digits.
pub(crate) fn hash_of(line: &[u8]) -> String {
    Sha256::digest(line).iter().map(|byte| format!("{byte:02x}")).collect()
}
