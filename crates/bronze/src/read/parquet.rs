//! Parquet files, a batch at a time.

use super::parts::{Before, Crew, PartSinks, ReadInto, in_order};
use super::row_sink::RowSink;
use super::source::cannot_open;
use crate::read_error::{FileFailure, ReadError};
use ingot_lake::arrow::array::RecordBatch;
use ingot_lake::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use ingot_lake::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use ingot_lake::parquet::basic::Type as PhysicalType;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

const BATCH_ROWS: usize = 8192;
/// Batches that a thread takes at a time.
const PART_BATCHES: usize = 4;

pub(crate) struct ParquetReader<'p> {
    path: &'p Path,
}

impl<'p> ParquetReader<'p> {
    pub(crate) fn new(path: &'p Path) -> Self {
        Self { path }
    }

    /// As [`Self::read`], with one thread.
    pub(crate) fn read_alone<S: RowSink>(self, sink: &mut S) -> Result<(), ReadError> {
        let builder = open(self.path)?;
        sink.schema(builder.schema())?;
        let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(|error| broken(&error))?;
        let mut first_row = 1;
        for batch in reader {
            let batch = batch.map_err(|error| broken(&error))?;
            sink.batch(first_row, &batch)?;
            first_row += batch.num_rows() as u64;
        }
        Ok(())
    }

    /// Reads the file into the sink, a big one by way of `sinks` with all threads that the crew can spare: this one decodes
    /// the batches, and others convert and check them.
    pub(crate) fn read<S: RowSink, P: PartSinks<S>>(
        self,
        sink: &mut S,
        sinks: &P,
        crew: &Crew,
    ) -> Result<(), ReadError> {
        let builder = open(self.path)?;
        sink.schema(builder.schema())?;
        let is_big = builder.metadata().file_metadata().num_rows() > 2 * (PART_BATCHES * BATCH_ROWS) as i64;
        let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(|error| broken(&error))?;
        let mut first_row = 1;
        let mut batches = reader.map(|batch| {
            let batch = batch.map_err(|error| broken(&error))?;
            let numbered = (first_row, batch);
            first_row += numbered.1.num_rows() as u64;
            Ok::<_, ReadError>(numbered)
        });
        if !is_big || !crew.has_room() {
            return batches.try_for_each(|numbered| {
                let (first_row, batch) = numbered?;
                sink.batch(first_row, &batch)
            });
        }
        let rest = in_order(
            crew,
            || {
                let part = batches.by_ref().take(PART_BATCHES).collect::<Result<Vec<_>, _>>()?;
                Ok((!part.is_empty()).then_some(part))
            },
            |part| sinks.read(Batches(std::mem::take(part))),
            |_, done| {
                sinks.hand_over(done?, Before::default(), sink)?;
                Ok::<_, ReadError>(ControlFlow::Continue(()))
            },
        )?;
        debug_assert!(rest.is_empty());
        Ok(())
    }
}

/// Some batches of a file, each with the number of its first row.
struct Batches(Vec<(u64, RecordBatch)>);

impl ReadInto for Batches {
    fn read_into<S: RowSink>(self, sink: &mut S) -> Result<(), ReadError> {
        self.0.iter().try_for_each(|(first_row, batch)| sink.batch(*first_row, batch))
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
