//! Parquet files, a batch at a time.

use super::super::intake::{FileFailure, Intake, Stop};
use super::columnar::Columns;
use super::{ColumnNotes, Reader, cannot_open, match_columns};
use crate::contract::Contract;
use crate::lake::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::File;
use std::path::Path;

const BATCH_ROWS: usize = 8192;

pub struct ParquetReader<'p> {
    path: &'p Path,
}

impl<'p> ParquetReader<'p> {
    pub fn new(path: &'p Path) -> Self {
        Self { path }
    }
}

impl Reader for ParquetReader<'_> {
    fn read(&mut self, contract: &Contract, intake: &mut Intake<'_>) -> Result<ColumnNotes, Stop> {
        let file = File::open(self.path).map_err(|error| cannot_open(&error))?;
        let broken = |error: &dyn std::fmt::Display| FileFailure::new("NOT_PARQUET", error.to_string());
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| broken(&error))?;
        let schema = builder.schema().clone();
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let (source, notes) = match_columns(contract, &names)?;
        let columns = Columns::new(contract, &schema, source)?;
        let mut first_row = 1;
        for batch in builder.with_batch_size(BATCH_ROWS).build().map_err(|error| broken(&error))? {
            let batch = batch.map_err(|error| broken(&error))?;
            columns.take(&batch, first_row, intake)?;
            first_row += batch.num_rows() as u64;
        }
        Ok(notes)
    }
}
