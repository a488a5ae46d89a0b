//! What is remembered with a commit and read back later: Delta's action `commitInfo`, in which every writer may
//! keep members of its own (<https://github.com/delta-io/delta/blob/master/PROTOCOL.md#commit-provenance-information>).

use crate::moments::{hours_ago, milliseconds};
use deltalake::kernel::CommitInfo;
use ingot_core::error::{Context as _, Result};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::path::Path;

/// The key of `commitInfo` under which [`CommitDetails::metadata`] is kept.
pub(crate) const METADATA_KEY: &str = "ingot";

/// What is remembered with a commit.
#[derive(Debug, Clone, Default)]
pub struct CommitDetails {
    /// `WRITE`, `MERGE`, …: shown by every Delta tool.
    pub operation: &'static str,
    /// Free-form; comes back as [`HistoryEntry::metadata`].
    pub metadata: Map<String, Value>,
    /// Milliseconds since 1970; now if not given.
    pub timestamp: Option<i64>,
}

/// One commit that happened.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    pub version: u64,
    /// Milliseconds since 1970.
    pub timestamp: Option<i64>,
    pub operation: Option<String>,
    /// What [`CommitDetails::metadata`] was; empty if another program made the commit.
    pub metadata: Map<String, Value>,
}

impl HistoryEntry {
    /// Whether it was made before the last so many hours. One without a time was not.
    pub fn is_older_than(&self, hours: f64) -> bool {
        let since = milliseconds(hours_ago(hours));
        self.timestamp.is_some_and(|time| (0..=since).contains(&time))
    }
}

impl CommitDetails {
    /// The time of the commit, milliseconds since 1970.
    pub(crate) fn time(&self) -> i64 {
        self.timestamp.unwrap_or_else(|| jiff::Timestamp::now().as_millisecond())
    }
}

/// The action for the log.
pub(crate) fn commit_info(details: &CommitDetails, timestamp: i64) -> CommitInfo {
    let mut info = HashMap::new();
    if !details.metadata.is_empty() {
        info.insert(METADATA_KEY.to_owned(), Value::Object(details.metadata.clone()));
    }
    CommitInfo {
        timestamp: Some(timestamp),
        operation: Some(details.operation.to_owned()),
        // A commit with a given time is made from its arguments only, so that equal calls write equal bytes.
        user_name: if details.timestamp.is_none() { user() } else { None },
        engine_info: Some(concat!("ingot/", env!("CARGO_PKG_VERSION")).to_owned()),
        info,
        ..CommitInfo::default()
    }
}

/// Who runs this, by the names that systems keep it under.
fn user() -> Option<String> {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()))
}

/// Reads the log file of one commit.
pub(crate) fn history_entry(version: u64, bytes: &[u8], root: &Path) -> Result<HistoryEntry> {
    let mut entry = HistoryEntry { version, timestamp: None, operation: None, metadata: Map::new() };
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        // Only the line of the commit itself is parsed; there may be many for files.
        if memchr::memmem::find(line, b"\"commitInfo\"").is_none() {
            continue;
        }
        let action: Value = serde_json::from_slice(line)
            .or_cannot_at(format!("read version {version} of the Delta log"), root)?;
        if let Some(info) = action.get("commitInfo") {
            entry.timestamp = info.get("timestamp").and_then(Value::as_i64);
            entry.operation = info.get("operation").and_then(Value::as_str).map(str::to_owned);
            if let Some(Value::Object(metadata)) = info.get(METADATA_KEY) {
                entry.metadata = metadata.clone();
            }
        }
    }
    Ok(entry)
}
