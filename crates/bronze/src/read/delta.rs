//! Which Delta tables can be followed: their data files must hold exactly the table's columns and rows.

use super::super::intake::FileFailure;
use ingot_core::error::Error;
use ingot_lake::{DeltaTable, LiveFile};

/// Refuses a version of a table whose files say other than what the table holds.
///
/// # Errors
/// `COLUMN_MAPPING`, `DELETION_VECTORS`, `SOURCE_PARTITIONED`, or `NOT_A_DELTA_TABLE`.
pub fn check_source<'f>(
    snapshot: &DeltaTable,
    files: impl IntoIterator<Item = &'f LiveFile>,
) -> Result<(), FileFailure> {
    let broken = |error: Error| FileFailure::new("NOT_A_DELTA_TABLE", error.to_string());
    let properties = snapshot.properties().map_err(broken)?;
    if properties.get("delta.columnMapping.mode").is_some_and(|mode| mode != "none") {
        return Err(FileFailure::new(
            "COLUMN_MAPPING",
            "the source maps its columns to other names in its files (delta.columnMapping.mode), which is not read",
        ));
    }
    if files.into_iter().any(|file| file.has_deletion_vector) {
        return Err(FileFailure::new(
            "DELETION_VECTORS",
            "the source marks deleted rows with deletion vectors, which are not read; `REORG TABLE ... APPLY (PURGE)` writes its files without them",
        ));
    }
    if !snapshot.partition_columns().map_err(broken)?.is_empty() {
        return Err(FileFailure::new("SOURCE_PARTITIONED", "a partitioned source is not read"));
    }
    Ok(())
}
