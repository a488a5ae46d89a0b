//! What a version of a followed table did to which rows.

use super::row_keys::{Key, Rows, row_keys};
use crate::check::Checks;
use crate::check::columnar::{Columns, row_hashes, row_text};
use crate::intake::{FileFacts, Intake, RowCounts};
use crate::read::{RowSink as _, broken_parquet, open_parquet};
use crate::read_error::{FileFailure, ReadError};
use crate::rejects::RejectBuffer;
use crate::row::Position;
use crate::write::Output;
use ingot_contract::{Contract, RawFile};
use ingot_core::interrupt::Interrupt;
use ingot_lake::LiveFile;
use ingot_lake::arrow::array::{Int64Array, RecordBatch};
use ingot_lake::arrow::error::ArrowError;
use ingot_lake::parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use std::collections::HashSet;

const BATCH_ROWS: usize = 8192;

/// What a version did.
#[derive(Default)]
pub(super) struct Changed {
    /// Rows of these keys are replaced by new ones, or are new.
    pub(super) touched: HashSet<Key>,
    pub(super) deleted: HashSet<Key>,
    /// Of the new and changed rows, without deletions.
    pub(super) counts: RowCounts,
}

impl Changed {
    pub(super) fn concerns(&self, key: Key) -> bool {
        self.touched.contains(&key) || self.deleted.contains(&key)
    }
}

/// Reads the rows of a followed table's files.
pub(super) struct SourceRows<'a> {
    pub(super) contract: &'a Contract,
    pub(super) checks: &'a Checks,
    pub(super) source: &'a RawFile,
    /// Microseconds since 1970.
    pub(super) ingestion_ts: i64,
    pub(super) interrupt: &'a Interrupt,
}

impl SourceRows<'_> {
    /// The rows of these files of the source that would be accepted: a rejected row never was in bronze, so it cannot vanish
    /// from it.
    pub(super) fn of_files(&self, files: &[&LiveFile]) -> Result<Rows, ReadError> {
        let key_columns = self.key_columns()?;
        let mut rows = Rows::new();
        let fixed = vec![None; self.checks.columns.len()];
        for file in files {
            let (reader, columns) = self.open(file)?;
            for batch in reader {
                let batch = whole(batch)?;
                let (converted, faults) = columns.convert(&batch, self.checks, &fixed)?;
                let hashes = row_hashes(&converted, batch.num_rows());
                let keys = row_keys(&converted, &key_columns, batch.num_rows());
                for row in (0..batch.num_rows()).filter(|row| !faults.contains_key(row)) {
                    rows.insert(keys[row], hashes[row]);
                }
            }
        }
        Ok(rows)
    }

    /// Takes the rows that the added files bring or change. Rows that were there `before` and are not in the added files are
    /// deleted.
    pub(super) fn changed(
        &self,
        mut before: Rows,
        added: &[&LiveFile],
        output: &mut Output,
        rejects: &mut RejectBuffer,
    ) -> Result<Changed, ReadError> {
        let key_columns = self.key_columns()?;
        let mut changed = Changed::default();
        let fixed = vec![None; self.checks.columns.len()];
        for file in added {
            let name = self.name(file);
            let facts = FileFacts {
                name: &name,
                fixed: &fixed,
                ingestion_ts: self.ingestion_ts,
                interrupt: self.interrupt,
            };
            let mut intake = Intake::new(self.contract, self.checks, facts, output, rejects);
            let (reader, columns) = self.open(file)?;
            let mut first_row = 1;
            for batch in reader {
                let batch = whole(batch)?;
                let rows = batch.num_rows();
                let (converted, mut faults) = columns.convert(&batch, self.checks, &fixed)?;
                let hashes = row_hashes(&converted, rows);
                let keys = row_keys(&converted, &key_columns, rows);
                let mut accepted = vec![false; rows];
                for row in 0..rows {
                    if before.remove(&keys[row]) == Some(hashes[row]) {
                        continue;
                    }
                    if let Some(reasons) = faults.remove(&row) {
                        let position =
                            Position { row: first_row + row as u64, line: None, byte_offset: None };
                        intake.bad_row(position, &row_text(&batch, row), reasons)?;
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
            let (counts, _) = intake.finish()?;
            changed.counts += counts;
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

    fn open(&self, file: &LiveFile) -> Result<(ParquetRecordBatchReader, Columns), ReadError> {
        let builder = open_parquet(&file.path)?;
        let schema = builder.schema().clone();
        // A file that is older than a column lacks it.
        let source = self.contract.columns.iter().map(|column| schema.index_of(&column.name).ok()).collect();
        let columns = Columns::new(self.contract, self.checks, &schema, source)?;
        let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(|error| broken_parquet(&error))?;
        Ok((reader, columns))
    }
}

fn whole(batch: Result<RecordBatch, ArrowError>) -> Result<RecordBatch, FileFailure> {
    batch.map_err(|error| FileFailure::new("NOT_PARQUET", error.to_string()))
}
