//! What one commit changed, as its log file says: who made it and when, and which files it added and removed.

use crate::commit_info::HistoryEntry;
use crate::delta_table::DeltaTable;
use crate::runtime::wait_for;
use ingot_core::error::{Context as _, Result};
use serde_json::Value;
use std::path::Path;

/// A data file in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// Relative to the table's folder, with `/`.
    pub relative: String,
    pub bytes: Option<u64>,
    /// `None` for a removed file, and where the file's statistics do not say.
    pub rows: Option<u64>,
}

/// A version of a table, and what its commit changed.
#[derive(Debug, Clone)]
pub struct VersionChanges {
    pub commit: HistoryEntry,
    /// The program that made the commit: `ingot/0.1.0`.
    pub engine: Option<String>,
    /// Who ran it.
    pub user: Option<String>,
    pub added: Vec<ChangedFile>,
    pub removed: Vec<ChangedFile>,
    /// Whether it set the table's columns or properties.
    pub sets_metadata: bool,
}

impl DeltaTable {
    /// The commits up to the loaded version whose log files are still there, oldest first, with their files.
    ///
    /// # Errors
    /// A log file cannot be read.
    pub fn changes(&self) -> Result<Vec<VersionChanges>> {
        let store = self.inner.log_store();
        let mut found = Vec::new();
        for version in (0..=self.version()).rev() {
            let bytes = wait_for(store.read_commit_entry(version))?
                .or_cannot_at(format!("read version {version} of the Delta log"), &self.root)?;
            // Older ones were cleaned away after a checkpoint.
            let Some(bytes) = bytes else { break };
            found.push(version_changes(version, &bytes, &self.root)?);
        }
        found.reverse();
        Ok(found)
    }
}

fn version_changes(version: u64, bytes: &[u8], root: &Path) -> Result<VersionChanges> {
    let mut found = VersionChanges {
        commit: crate::commit_info::history_entry(version, bytes, root)?,
        engine: None,
        user: None,
        added: Vec::new(),
        removed: Vec::new(),
        sets_metadata: false,
    };
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let action: Value = serde_json::from_slice(line)
            .or_cannot_at(format!("read version {version} of the Delta log"), root)?;
        if let Some(info) = action.get("commitInfo") {
            let text = |key: &str| info.get(key).and_then(Value::as_str).map(str::to_owned);
            found.engine = text("engineInfo");
            found.user = text("userName");
        }
        if let Some(file) = action.get("add") {
            found.added.push(changed_file(file));
        }
        if let Some(file) = action.get("remove") {
            found.removed.push(changed_file(file));
        }
        found.sets_metadata |= action.get("metaData").is_some();
    }
    Ok(found)
}

fn changed_file(action: &Value) -> ChangedFile {
    let statistics = action.get("stats").and_then(Value::as_str);
    let statistics: Option<Value> = statistics.and_then(|text| serde_json::from_str(text).ok());
    let path = action.get("path").and_then(Value::as_str).unwrap_or_default();
    ChangedFile {
        relative: percent_decoded(path),
        bytes: action.get("size").and_then(Value::as_u64),
        rows: statistics.as_ref().and_then(|found| found.get("numRecords")).and_then(Value::as_u64),
    }
}

/// Paths in the log are encoded as URLs (<https://github.com/delta-io/delta/blob/master/PROTOCOL.md#add-file-and-remove-file>).
fn percent_decoded(path: &str) -> String {
    ingot_core::hive::unescape(path).unwrap_or_else(|| path.to_owned())
}
