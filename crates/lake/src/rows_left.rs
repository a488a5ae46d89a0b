//! Whether rows that were in a table have left it: a delivery was taken back, an earlier version
//! restored, or a person erased.

use crate::commit_info::HistoryEntry;
use crate::delta_table::DeltaTable;
use crate::restore::RESTORED_VERSION;
use ingot_core::error::Result;
use serde_json::Value;

/// The key of a commit's metadata that names what it took back.
pub const UNDONE: &str = "undone";
/// The key of a commit's metadata that names the erasure which took people out of the table.
pub const ERASED: &str = "erased";
/// The key of a commit's metadata that sums up the commits before it.
pub const MEMORY: &str = "memory";
/// The key in that sum for the newest version from which rows had left.
pub const ROWS_LEFT: &str = "rows_left";

impl DeltaTable {
    /// The newest version after `since` (or of all) whose commit took rows out that were in the table. If the log does not go
    /// back so far, the oldest version that it has: nobody knows what was before it.
    ///
    /// # Errors
    /// A log file cannot be read.
    pub fn rows_left_after(&self, since: Option<u64>) -> Result<Option<u64>> {
        let first = since.map_or(0, |since| since + 1);
        for version in (first..=self.version()).rev() {
            let Some(entry) = self.commit_of(version)? else { return Ok(Some(version)) };
            if takes_rows_out(&entry) {
                return Ok(Some(version));
            }
            if let Some(memory) = entry.metadata.get(MEMORY) {
                let left = memory.get(ROWS_LEFT).and_then(Value::as_u64);
                return Ok(left.filter(|left| *left >= first));
            }
        }
        Ok(None)
    }
}

/// Whether a commit takes rows out that were in the table before it.
pub fn takes_rows_out(entry: &HistoryEntry) -> bool {
    let undoes = entry.metadata.get(UNDONE).and_then(Value::as_array).is_some_and(|files| !files.is_empty());
    undoes || entry.metadata.contains_key(RESTORED_VERSION) || entry.metadata.contains_key(ERASED)
}
