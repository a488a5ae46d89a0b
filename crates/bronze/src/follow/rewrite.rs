//! Writes bronze's own files again: without the rows that a version replaced, with tombstones for those that it deleted.

use super::bronze_rows::{bronze_keys, read_bronze};
use super::source_rows::Changed;
use crate::write::{Output, with_columns_of};
use ingot_contract::Contract;
use ingot_core::error::{Context as _, Result};
use ingot_lake::arrow::array::BooleanArray;
use ingot_lake::arrow::compute::filter_record_batch;
use ingot_lake::{DeltaTable, LiveFile};

/// Writes the files that the changes concern into `kept`, and returns these files, which the commit must remove.
/// `deleted_at` is in microseconds since 1970.
pub(super) fn rewrite(
    contract: &Contract,
    table: &DeltaTable,
    changed: &Changed,
    deleted_at: i64,
    kept: &mut Output,
) -> Result<Vec<LiveFile>> {
    let mut removed = Vec::new();
    for file in table.files()? {
        if rewrite_file(contract, &file, changed, deleted_at, kept)? {
            removed.push(file);
        }
    }
    Ok(removed)
}

/// Returns false, having written nothing, if none of the file's rows is concerned.
fn rewrite_file(
    contract: &Contract,
    file: &LiveFile,
    changed: &Changed,
    deleted_at: i64,
    kept: &mut Output,
) -> Result<bool> {
    let mut concerned = false;
    for batch in read_bronze(file)? {
        let batch = batch.or_cannot_at("read the bronze table", &file.path)?;
        if bronze_keys(contract, &batch)?.iter().any(|key| changed.concerns(*key)) {
            concerned = true;
            break;
        }
    }
    if !concerned {
        return Ok(false);
    }
    for batch in read_bronze(file)? {
        let batch = batch.or_cannot_at("read the bronze table", &file.path)?;
        let keys = bronze_keys(contract, &batch)?;
        let batch =
            with_columns_of(&batch, kept.schema(), deleted_at, |row| changed.deleted.contains(&keys[row]))
                .or_cannot_at("rewrite the file", &file.path)?;
        let stays: BooleanArray = keys.iter().map(|key| Some(!changed.touched.contains(key))).collect();
        kept.write(&filter_record_batch(&batch, &stays).or_cannot_at("rewrite the file", &file.path)?)?;
    }
    Ok(true)
}
