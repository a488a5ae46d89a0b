//! Parquet files, a batch at a time.

use super::parquet_intervals::{WholeBatches, batches};
use super::parts::{Before, Crew, PartSinks, ReadInto, in_order};
use super::row_sink::RowSink;
use super::source::cannot_open;
use crate::read_error::{FileFailure, ReadError};
use ingot_core::error::Error;
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
use std::sync::mpsc::{self, SyncSender};
use std::thread;

const BATCH_ROWS: usize = 8192;
/// Batches that a thread takes at a time, fewer where rows are large.
const PART_BATCHES: usize = 4;
const PART_BYTES: usize = 4 << 20;
/// Parts that wait to be checked: so many that the decoder goes on while all threads encode.
const PARTS_DECODED: usize = 6;

pub(crate) struct ParquetReader<'p> {
    path: &'p Path,
}

impl<'p> ParquetReader<'p> {
    pub(crate) fn new(path: &'p Path) -> Self {
        Self { path }
    }

    fn open_file(&self) -> Result<File, FileFailure> {
        File::open(self.path).map_err(|error| cannot_open(&error))
    }

    /// Tells the sink of the columns, and begins to read.
    fn begin<S: RowSink>(&self, sink: &mut S) -> Result<(Parts, i64), ReadError> {
        let builder = open(self.path)?;
        let rows = builder.metadata().file_metadata().num_rows();
        let reader = batches(builder, || self.open_file(), BATCH_ROWS)?;
        sink.schema(reader.schema())?;
        Ok((Parts { reader, first_row: 1 }, rows))
    }

    /// As [`Self::read`], with one thread.
    pub(crate) fn read_alone<S: RowSink>(self, sink: &mut S) -> Result<(), ReadError> {
        let (mut parts, _) = self.begin(sink)?;
        parts.read_into(sink)
    }

    /// Reads the file into the sink, a big one by way of `sinks` with all threads that the crew can spare: one decodes the
    /// batches, others convert and check them, and this one hands them over.
    pub(crate) fn read<S: RowSink, P: PartSinks<S>>(
        self,
        sink: &mut S,
        sinks: &P,
        crew: &Crew,
    ) -> Result<(), ReadError> {
        let (mut parts, rows) = self.begin(sink)?;
        let is_big = rows > 2 * (PART_BATCHES * BATCH_ROWS) as i64;
        let mut all = |next: &mut dyn FnMut() -> Result<Option<Part>, ReadError>| {
            let rest = in_order(
                crew,
                next,
                |part| sinks.read(Batches(std::mem::take(part))),
                |_, done| {
                    sinks.hand_over(done?, Before::default(), sink)?;
                    Ok::<_, ReadError>(ControlFlow::Continue(()))
                },
            )?;
            debug_assert!(rest.is_empty());
            Ok(())
        };
        if !is_big || !crew.has_room() {
            return parts.read_into(sink);
        }
        thread::scope(|scope| {
            let (sender, decoded) = mpsc::sync_channel(PARTS_DECODED);
            // It has no place in the crew: it mostly waits, and would keep out those who check and encode.
            let decoder = move || decode(parts, &sender);
            let started = thread::Builder::new().name("load-decoder".to_owned());
            started
                .spawn_scoped(scope, decoder)
                .map_err(|error| ReadError::Output(Error::new("cannot start a thread").caused_by(error)))?;
            // The decoder goes when `decoded` does.
            all(&mut || decoded.recv().unwrap_or(Ok(None)))
        })
    }
}

/// Some batches, each with the number of its first row.
type Part = Vec<(u64, RecordBatch)>;

/// Decodes a file.
struct Parts {
    reader: WholeBatches,
    first_row: u64,
}

impl Parts {
    fn read_into<S: RowSink>(&mut self, sink: &mut S) -> Result<(), ReadError> {
        while let Some(part) = self.next()? {
            Batches(part).read_into(sink)?;
        }
        Ok(())
    }

    /// The next part; `None` at the end.
    fn next(&mut self) -> Result<Option<Part>, ReadError> {
        let mut part = Vec::with_capacity(PART_BATCHES);
        let mut bytes = 0;
        while part.len() < PART_BATCHES
            && bytes < PART_BYTES
            && let Some(batch) = self.reader.next()?
        {
            let first_row = self.first_row;
            self.first_row += batch.num_rows() as u64;
            bytes += batch.get_array_memory_size();
            part.push((first_row, batch));
        }
        Ok((!part.is_empty()).then_some(part))
    }
}

/// Decodes parts and sends them, until there are no more or nobody wants them.
fn decode(mut parts: Parts, sender: &SyncSender<Result<Option<Part>, ReadError>>) {
    loop {
        let part = parts.next();
        let is_last = !matches!(part, Ok(Some(_)));
        if sender.send(part).is_err() || is_last {
            return;
        }
    }
}

/// A part of a file.
struct Batches(Part);

impl ReadInto for Batches {
    fn read_into<S: RowSink>(self, sink: &mut S) -> Result<(), ReadError> {
        self.0.iter().try_for_each(|(first_row, batch)| sink.batch(*first_row, batch))
    }
}

/// Opens a Parquet file. Its timestamps of 96 bits (INT96) are read as the programs that write them mean them: in UTC, to
/// the microsecond. (As nanoseconds, years before 1678 and after 2261 would overflow into other years.)
pub(crate) fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, FileFailure> {
    let file = ParquetReader::new(path).open_file()?;
    let options = ArrowReaderOptions::new();
    let mut metadata = ArrowReaderMetadata::load(&file, options.clone())
        .map_err(|error| FileFailure::not_parquet(&error))?;
    if let Some(schema) = with_zones(&metadata) {
        metadata = ArrowReaderMetadata::try_new(metadata.metadata().clone(), options.with_schema(schema))
            .map_err(|error| FileFailure::not_parquet(&error))?;
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
