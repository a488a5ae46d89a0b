//! Bronze's own files written anew: without the rows that a version replaced, with tombstones for those that it deleted.

use super::super::output::Output;
use super::super::shape::with_columns_of;
use super::changes::{Changed, bronze_keys};
use ingot_contract::Contract;
use ingot_core::error::{Context as _, Result};
use ingot_lake::arrow::array::BooleanArray;
use ingot_lake::arrow::compute::filter_record_batch;
use ingot_lake::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use ingot_lake::{DeltaTable, LiveFile};
use std::fs::File;

const BATCH_ROWS: usize = 8192;

/// Writes the files that the changes concern into `kept`, and returns them: they are to be removed. `deleted_at` is in
/// microseconds since 1970.
pub fn rewrite(
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
        let batch = batch.doing_to("reading the bronze table", &file.path)?;
        if bronze_keys(contract, &batch)?.iter().any(|key| changed.concerns(*key)) {
            concerned = true;
            break;
        }
    }
    if !concerned {
        return Ok(false);
    }
    for batch in read_bronze(file)? {
        let batch = batch.doing_to("reading the bronze table", &file.path)?;
        let keys = bronze_keys(contract, &batch)?;
        let batch =
            with_columns_of(&batch, kept.schema(), deleted_at, |row| changed.deleted.contains(&keys[row]))
                .doing_to("rewriting", &file.path)?;
        let stays: BooleanArray = keys.iter().map(|key| Some(!changed.touched.contains(key))).collect();
        kept.write(&filter_record_batch(&batch, &stays).doing_to("rewriting", &file.path)?)?;
    }
    Ok(true)
}

pub fn read_bronze(file: &LiveFile) -> Result<ParquetRecordBatchReader> {
    let input = File::open(&file.path).doing_to("opening the bronze table's file", &file.path)?;
    ParquetRecordBatchReaderBuilder::try_new(input)
        .and_then(|builder| builder.with_batch_size(BATCH_ROWS).build())
        .doing_to("reading the bronze table's file", &file.path)
}
