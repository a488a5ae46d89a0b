//! Which Delta tables can be followed: their data files must contain exactly the table's columns and rows.

use crate::read_error::FileFailure;
use ingot_core::error::Error;
use ingot_lake::{DeltaTable, LiveFile};

/// Refuses a version of a table whose files differ from what the table contains. The features are those of the
/// [Delta protocol](https://github.com/delta-io/delta/blob/master/PROTOCOL.md).
///
/// # Errors
/// `COLUMN_MAPPING`, `DELETION_VECTORS`, `SOURCE_PARTITIONED`, or `NOT_A_DELTA_TABLE`.
pub(super) fn check_source<'f>(
    snapshot: &DeltaTable,
    files: impl IntoIterator<Item = &'f LiveFile>,
) -> Result<(), FileFailure> {
    let broken = |error: Error| FileFailure::new("NOT_A_DELTA_TABLE", error.to_string());
    let properties = snapshot.properties().map_err(broken)?;
    if properties.get("delta.columnMapping.mode").is_some_and(|mode| mode != "none") {
        return Err(FileFailure::new(
            "COLUMN_MAPPING",
            "the source uses column mapping (delta.columnMapping.mode), which is not supported",
        ));
    }
    if files.into_iter().any(|file| file.has_deletion_vector) {
        return Err(FileFailure::new(
            "DELETION_VECTORS",
            "the source uses deletion vectors, which are not supported; `REORG TABLE ... APPLY (PURGE)` rewrites its files without them",
        ));
    }
    if !snapshot.partition_columns().map_err(broken)?.is_empty() {
        return Err(FileFailure::new(
            "SOURCE_PARTITIONED",
            "the source is partitioned, which is not supported",
        ));
    }
    Ok(())
}
