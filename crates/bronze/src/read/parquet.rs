//! Parquet files, a batch at a time.

use super::super::intake::{FileFailure, Intake, Stop};
use super::columnar::Columns;
use super::{ColumnNotes, Reader, cannot_open, match_columns};
use ingot_contract::Contract;
use ingot_lake::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use ingot_lake::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use ingot_lake::parquet::basic::Type as PhysicalType;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

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
        let builder = open(self.path)?;
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

/// The reason why a file is not read on.
pub fn broken(error: &dyn std::fmt::Display) -> FileFailure {
    FileFailure::new("NOT_PARQUET", format!("no Parquet file, or a damaged one: {error}"))
}

/// Opens a Parquet file whose timestamps of 96 bits are those that they are in the programs that write them:
/// in UTC, and in no more than microseconds. (As nanoseconds, the years before 1678 and after 2261 would be others.)
pub fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, FileFailure> {
    let file = File::open(path).map_err(|error| cannot_open(&error))?;
    let options = ArrowReaderOptions::new();
    let mut metadata = ArrowReaderMetadata::load(&file, options.clone()).map_err(|error| broken(&error))?;
    if let Some(schema) = with_zones(&metadata) {
        metadata = ArrowReaderMetadata::try_new(metadata.metadata().clone(), options.with_schema(schema))
            .map_err(|error| broken(&error))?;
    }
    Ok(ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata))
}

/// The file's schema with a zone for timestamps of 96 bits; `None` if it has none.
fn with_zones(metadata: &ArrowReaderMetadata) -> Option<SchemaRef> {
    let root = metadata.parquet_schema().root_schema();
    let mut found = false;
    let fields: Vec<Field> = metadata
        .schema()
        .fields()
        .iter()
        .zip(root.get_fields())
        .map(|(field, physical)| {
            if physical.is_primitive() && physical.get_physical_type() == PhysicalType::INT96 {
                found = true;
                let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
                return field.as_ref().clone().with_data_type(utc);
            }
            field.as_ref().clone()
        })
        .collect();
    found.then(|| Arc::new(Schema::new_with_metadata(fields, metadata.schema().metadata().clone())))
}
