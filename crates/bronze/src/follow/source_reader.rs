//! Reads the data files of a version of the source: its rows as the contract's columns.

use super::row_counts::Rows;
use super::row_keys::{Key, RowKeys};
use crate::check::columnar::{Columns, Faults, row_hashes, row_text};
use crate::check::{Checks, FixedValue, match_columns};
use crate::read::open_parquet;
use crate::read_error::{FileFailure, ReadError};
use ingot_contract::Contract;
use ingot_core::error::Error;
use ingot_core::interrupt::Interrupt;
use ingot_lake::arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use ingot_lake::arrow::compute::filter_record_batch;
use ingot_lake::{DeltaTable, LiveFile, TableView};
use xxhash_rust::xxh3::xxh3_64;

const BATCH_ROWS: usize = 8192;

/// What the rows of a source are checked against.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) contract: &'a Contract,
    pub(super) checks: &'a Checks,
    pub(super) keys: &'a RowKeys,
    /// What the source's path says about each of the contract's columns.
    pub(super) fixed: &'a [Option<FixedValue>],
    pub(super) interrupt: &'a Interrupt,
}

/// The source at one of its versions.
pub(super) struct SourceReader<'a> {
    terms: Terms<'a>,
    snapshot: &'a DeltaTable,
    view: TableView,
    columns: Columns,
}

/// Some rows of a data file, without those that are deleted.
pub(super) struct SourceBatch {
    /// As the source has them.
    pub(super) rows: RecordBatch,
    /// As the contract has them.
    pub(super) columns: Vec<ArrayRef>,
    pub(super) faults: Faults,
    pub(super) keys: Vec<Key>,
    /// Of all values of the contract's columns.
    pub(super) hashes: Vec<i64>,
    /// The places of the rows in the file, from 1.
    pub(super) numbers: Vec<i64>,
}

impl SourceBatch {
    /// The row as JSON, which stands for the raw text.
    pub(super) fn text(&self, row: usize) -> Vec<u8> {
        row_text(&self.rows, row)
    }
}

impl<'a> SourceReader<'a> {
    /// # Errors
    /// The version's columns do not match the contract's, or have types that are not accepted as theirs.
    pub(super) fn new(terms: Terms<'a>, snapshot: &'a DeltaTable) -> Result<Self, FileFailure> {
        let view = snapshot.view().map_err(|error| not_delta(&error))?;
        let names: Vec<String> = view.schema().fields().iter().map(|field| field.name().clone()).collect();
        let (source, _) = match_columns(terms.contract, &names)?;
        let columns = Columns::new(terms.contract, terms.checks, view.schema(), source)?;
        Ok(Self { terms, snapshot, view, columns })
    }

    /// Every row of these files.
    pub(super) fn rows(&self, files: &[&LiveFile]) -> Result<Rows, ReadError> {
        let mut rows = Rows::default();
        for file in files {
            self.read(file, |batch| {
                for row in 0..batch.keys.len() {
                    if batch.faults.contains_key(&row) {
                        rows.add_rejected(xxh3_64(&batch.text(row)));
                    } else {
                        rows.add(batch.keys[row], batch.hashes[row]);
                    }
                }
                Ok(())
            })?;
        }
        Ok(rows)
    }

    /// Hands over the rows of a file, a batch at a time.
    pub(super) fn read(
        &self,
        file: &LiveFile,
        mut take: impl FnMut(SourceBatch) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let deleted = self.snapshot.deleted_rows(file).map_err(|error| not_delta(&error))?;
        let reader = open_parquet(&file.path)?
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(|error| FileFailure::not_parquet(&error))?;
        let mut first = 0;
        for batch in reader {
            self.terms.interrupt.check()?;
            let mut batch = batch.map_err(|error| FileFailure::not_parquet(&error))?;
            let places = first..first + batch.num_rows() as u64;
            first = places.end;
            if !deleted.is_empty() {
                let stays: BooleanArray = places.clone().map(|row| Some(!deleted.contains(row))).collect();
                batch =
                    filter_record_batch(&batch, &stays).map_err(|error| FileFailure::not_parquet(&error))?;
            }
            let numbers: Vec<i64> =
                places.filter(|row| !deleted.contains(*row)).map(|row| row as i64 + 1).collect();
            if numbers.is_empty() {
                continue;
            }
            let rows = self
                .view
                .rows(file, &batch)
                .map_err(|error| FileFailure::new("TYPE_MISMATCH", error.to_string()))?;
            let (columns, faults) = self.columns.convert(&rows, self.terms.checks, self.terms.fixed)?;
            let keys = self.terms.keys.of_rows(&columns, numbers.len());
            let hashes = row_hashes(&columns, numbers.len());
            take(SourceBatch { rows, columns, faults, keys, hashes, numbers })?;
        }
        Ok(())
    }
}

/// A table or a part of its log that cannot be read.
pub(super) fn not_delta(error: &Error) -> FileFailure {
    FileFailure::new("NOT_A_DELTA_TABLE", error.to_string())
}
