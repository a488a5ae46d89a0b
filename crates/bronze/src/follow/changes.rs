//! What a version of a followed table did to which rows.

use super::super::check::Checks;
use super::super::intake::{Counts, FileFacts, FileFailure, Intake, Stop};
use super::super::output::Output;
use super::super::read::columnar::{Columns, push_value, row_hashes, row_text};
use super::super::read::parquet;
use super::super::rejects::{Position, Spool};
use super::super::shape::IS_DELETED;
use super::rewrite::read_bronze;
use ingot_contract::{Contract, RawFile};
use ingot_core::error::{Context as _, Error, Result};
use ingot_lake::arrow::array::{Array as _, ArrayRef, AsArray as _, Int64Array, RecordBatch};
use ingot_lake::arrow::datatypes::Int64Type;
use ingot_lake::parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use ingot_lake::{DeltaTable, LiveFile};
use std::collections::{HashMap, HashSet};
use xxhash_rust::xxh3::xxh3_128;

const BATCH_ROWS: usize = 8192;

/// A row's primary key, hashed: 128 bits, so that no two keys of a table meet.
pub type Key = u128;

/// Rows that were there before a version: key and hash of the row.
pub type Rows = HashMap<Key, i64>;

/// What a version did.
#[derive(Default)]
pub struct Changed {
    /// Rows of these keys are replaced by new ones, or are new.
    pub touched: HashSet<Key>,
    pub deleted: HashSet<Key>,
    /// Of the new and changed rows; deletions not counted.
    pub counts: Counts,
}

impl Changed {
    pub fn concerns(&self, key: Key) -> bool {
        self.touched.contains(&key) || self.deleted.contains(&key)
    }
}

/// Reads the rows of a followed table's files.
pub struct SourceRows<'a> {
    pub contract: &'a Contract,
    pub checks: &'a Checks,
    pub source: &'a RawFile,
    /// Microseconds since 1970.
    pub ingestion_ts: i64,
}

impl SourceRows<'_> {
    /// The rows of these files of the source, as far as they were ever accepted: a rejected row never was in bronze, so that it
    /// cannot vanish from it.
    pub fn of_files(&self, files: &[&LiveFile], output: &mut Output) -> Result<Rows, Stop> {
        let key_columns = self.key_columns()?;
        let mut rows = Rows::new();
        let fixed = vec![None; self.checks.columns.len()];
        for file in files {
            let name = self.name(file);
            let facts = FileFacts { name: &name, fixed: &fixed, ingestion_ts: self.ingestion_ts };
            let mut unused = Spool::default();
            let intake = Intake::new(self.checks, facts, output, &mut unused);
            let (reader, columns) = self.open(file)?;
            for batch in reader {
                let batch = batch.map_err(|error| FileFailure::new("NOT_PARQUET", error.to_string()))?;
                let (converted, faults) = columns.convert(&batch, &intake)?;
                let hashes = row_hashes(&converted, batch.num_rows());
                let keys = keys(&converted, &key_columns, batch.num_rows());
                for row in (0..batch.num_rows()).filter(|row| !faults.contains_key(row)) {
                    rows.insert(keys[row], hashes[row]);
                }
            }
        }
        Ok(rows)
    }

    /// Takes the rows that the added files bring or change; of what was there `before` and is not there any more, the rest is deleted.
    pub fn changed(
        &self,
        mut before: Rows,
        added: &[&LiveFile],
        output: &mut Output,
        rejects: &mut Spool,
    ) -> Result<Changed, Stop> {
        let key_columns = self.key_columns()?;
        let mut changed = Changed::default();
        let fixed = vec![None; self.checks.columns.len()];
        for file in added {
            let name = self.name(file);
            let facts = FileFacts { name: &name, fixed: &fixed, ingestion_ts: self.ingestion_ts };
            let mut intake = Intake::new(self.checks, facts, output, rejects);
            let (reader, columns) = self.open(file)?;
            let mut first_row = 1;
            for batch in reader {
                let batch = batch.map_err(|error| FileFailure::new("NOT_PARQUET", error.to_string()))?;
                let rows = batch.num_rows();
                let (converted, mut faults) = columns.convert(&batch, &intake)?;
                let hashes = row_hashes(&converted, rows);
                let keys = keys(&converted, &key_columns, rows);
                let mut accepted = vec![false; rows];
                for row in 0..rows {
                    if before.remove(&keys[row]) == Some(hashes[row]) {
                        continue;
                    }
                    if let Some(reasons) = faults.remove(&row) {
                        let position =
                            Position { row: first_row + row as u64, line: None, byte_offset: None };
                        intake.reject(position, &row_text(&batch, row), reasons)?;
                        continue;
                    }
                    accepted[row] = true;
                    changed.touched.insert(keys[row]);
                }
                let numbers: Int64Array =
                    (0..rows).map(|row| (first_row + row as u64) as i64).collect::<Vec<_>>().into();
                intake.accept_batch(converted, hashes.into(), numbers, &accepted)?;
                first_row += rows as u64;
            }
            let counts = intake.finish()?;
            changed.counts.read += counts.read;
            changed.counts.accepted += counts.accepted;
            changed.counts.rejected += counts.rejected;
        }
        changed.deleted = before.into_keys().filter(|key| !changed.touched.contains(key)).collect();
        Ok(changed)
    }

    fn name(&self, file: &LiveFile) -> String {
        format!("{}/{}", self.source.relative, file.relative)
    }

    fn key_columns(&self) -> Result<Vec<usize>, FileFailure> {
        let columns: Vec<usize> = self
            .contract
            .primary_key()
            .iter()
            .filter_map(|column| self.contract.column(&column.name).map(|(index, _)| index))
            .collect();
        if columns.is_empty() {
            return Err(FileFailure::new(
                "NO_PRIMARY_KEY",
                "to follow a table, its contract must name a primary key",
            ));
        }
        Ok(columns)
    }

    fn open(&self, file: &LiveFile) -> Result<(ParquetRecordBatchReader, Columns), Stop> {
        let builder = parquet::open(&file.path)?;
        let schema = builder.schema().clone();
        // A file that is older than a column does not have it.
        let source = self.contract.columns.iter().map(|column| schema.index_of(&column.name).ok()).collect();
        let columns = Columns::new(self.contract, &schema, source)?;
        let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(|error| parquet::broken(&error))?;
        Ok((reader, columns))
    }
}

/// The rows of the bronze table that are not deleted.
pub fn rows_of_bronze(contract: &Contract, table: &DeltaTable) -> Result<Rows> {
    let mut rows = Rows::new();
    for file in table.files()? {
        for batch in read_bronze(&file)? {
            let batch = batch.doing_to("reading the bronze table", &file.path)?;
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

/// The keys of a batch of the bronze table.
pub fn bronze_keys(contract: &Contract, batch: &RecordBatch) -> Result<Vec<Key>> {
    let columns: Option<Vec<ArrayRef>> =
        contract.primary_key().iter().map(|column| batch.column_by_name(&column.name).cloned()).collect();
    let columns = columns.ok_or_else(|| {
        Error::new(format!("the bronze table of {} has no primary key column", contract.name))
    })?;
    let all: Vec<usize> = (0..columns.len()).collect();
    Ok(keys(&columns, &all, batch.num_rows()))
}

fn keys(columns: &[ArrayRef], key_columns: &[usize], rows: usize) -> Vec<Key> {
    let columns: Vec<&ArrayRef> = key_columns.iter().map(|index| &columns[*index]).collect();
    let mut buffer = Vec::new();
    (0..rows)
        .map(|row| {
            buffer.clear();
            for column in &columns {
                push_value(&mut buffer, column, row);
            }
            xxh3_128(&buffer)
        })
        .collect()
}
