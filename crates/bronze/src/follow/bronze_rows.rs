//! Reads the rows that bronze has.

use super::row_keys::{Key, Rows, row_keys};
use crate::write::IS_DELETED;
use ingot_contract::Contract;
use ingot_core::error::{Context as _, Error, Result};
use ingot_lake::arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use ingot_lake::arrow::datatypes::Int64Type;
use ingot_lake::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use ingot_lake::{DeltaTable, LiveFile};
use std::fs::File;

const BATCH_ROWS: usize = 8192;

/// The batches of a data file of bronze.
pub(super) fn read_bronze(file: &LiveFile) -> Result<ParquetRecordBatchReader> {
    let input = File::open(&file.path).or_cannot_at("open the bronze table's file", &file.path)?;
    ParquetRecordBatchReaderBuilder::try_new(input)
        .and_then(|builder| builder.with_batch_size(BATCH_ROWS).build())
        .or_cannot_at("read the bronze table's file", &file.path)
}

/// The keys of a batch of bronze.
pub(super) fn bronze_keys(contract: &Contract, batch: &RecordBatch) -> Result<Vec<Key>> {
    let columns: Option<Vec<ArrayRef>> =
        contract.primary_key().iter().map(|column| batch.column_by_name(&column.name).cloned()).collect();
    let columns = columns.ok_or_else(|| {
        Error::new(format!("the bronze table of {} has no primary key column", contract.name))
    })?;
    let all: Vec<usize> = (0..columns.len()).collect();
    Ok(row_keys(&columns, &all, batch.num_rows()))
}

/// The rows of bronze that are not deleted.
pub(super) fn bronze_rows(contract: &Contract, table: &DeltaTable) -> Result<Rows> {
    let mut rows = Rows::new();
    for file in table.files()? {
        for batch in read_bronze(&file)? {
            let batch = batch.or_cannot_at("read the bronze table", &file.path)?;
            let keys = bronze_keys(contract, &batch)?;
            let hashes = batch
                .column_by_name("src_row_hash")
                .and_then(|column| column.as_primitive_opt::<Int64Type>())
                .ok_or_else(|| Error::new("the bronze table has no row hashes").at(table.root()))?;
            let deleted = batch.column_by_name(IS_DELETED).and_then(|column| column.as_boolean_opt());
            for (row, key) in keys.into_iter().enumerate() {
                if !deleted.is_some_and(|deleted| deleted.is_valid(row) && deleted.value(row)) {
                    rows.insert(key, hashes.value(row));
                }
            }
        }
    }
    Ok(rows)
}
