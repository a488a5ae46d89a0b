//! Parquet files, a batch at a time.

use super::row_sink::RowSink;
use super::source::cannot_open;
use crate::read_error::{FileFailure, ReadError};
use ingot_lake::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use ingot_lake::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use ingot_lake::parquet::basic::Type as PhysicalType;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

const BATCH_ROWS: usize = 8192;

pub(crate) struct ParquetReader<'p> {
    path: &'p Path,
}

impl<'p> ParquetReader<'p> {
    pub(crate) fn new(path: &'p Path) -> Self {
        Self { path }
    }

    pub(crate) fn read<S: RowSink>(self, sink: &mut S) -> Result<(), ReadError> {
        let builder = open(self.path)?;
        sink.schema(builder.schema())?;
        let mut first_row = 1;
        for batch in builder.with_batch_size(BATCH_ROWS).build().map_err(|error| broken(&error))? {
            let batch = batch.map_err(|error| broken(&error))?;
            sink.batch(first_row, &batch)?;
            first_row += batch.num_rows() as u64;
        }
        Ok(())
    }
}

/// Why a file is not read further.
pub(crate) fn broken(error: &dyn std::fmt::Display) -> FileFailure {
    FileFailure::new("NOT_PARQUET", format!("not a Parquet file, or a damaged one: {error}"))
}

/// Opens a Parquet file. Its timestamps of 96 bits (INT96) are read as the programs that write them mean them: in UTC, to
/// the microsecond. (As nanoseconds, years before 1678 and after 2261 would overflow into other years.)
pub(crate) fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, FileFailure> {
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
