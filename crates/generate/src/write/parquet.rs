//! Rows into Arrow batches by the contract's types, and batches into a Parquet file.

use super::output_file::{Finished, OutputFile, cannot_write};
use crate::calendar::Day;
use crate::cell::{Cell, Fill, Record, bind};
use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int32Builder, Int64Builder,
    RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{Field, Schema, SchemaRef};
use ingot_contract::{Column, Contract, DataType};
use ingot_core::error::{Context as _, Error, Result};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::path::Path;
use std::sync::Arc;

/// Rows that are gathered before they are encoded.
const BATCH_ROWS: usize = 16 * 1024;
/// Rows of a row group: what a writer holds in memory, encoded.
const GROUP_ROWS: usize = 128 * 1024;

/// How rows of `R` become batches, worked out from the contract once.
pub(crate) struct BatchTable<R> {
    pub(crate) schema: SchemaRef,
    types: Vec<DataType>,
    fills: Vec<Fill<R, ColumnBuilder>>,
}

impl<R: Record> BatchTable<R> {
    /// The contract's columns for which `wanted` says yes.
    pub(crate) fn new(contract: &Contract, wanted: impl Fn(&Column) -> bool) -> Result<Self> {
        let columns: Vec<&Column> = contract.columns.iter().filter(|column| wanted(column)).collect();
        let fills = bind::<R, ColumnBuilder>(contract, columns.iter().copied())?;
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| Field::new(&column.name, column.data_type.arrow(), !column.required))
            .collect();
        let types = columns.iter().map(|column| column.data_type.clone()).collect();
        Ok(Self { schema: Arc::new(Schema::new(fields)), types, fills })
    }

    /// Gathers rows; hand it the place where full batches go.
    pub(crate) fn rows(&self) -> Rows<'_, R> {
        Rows { table: self, builders: self.types.iter().map(ColumnBuilder::new).collect(), rows: 0 }
    }
}

/// Rows on their way into a batch.
pub(crate) struct Rows<'t, R> {
    table: &'t BatchTable<R>,
    builders: Vec<ColumnBuilder>,
    rows: usize,
}

impl<R: Record> Rows<'_, R> {
    /// Adds a row; a batch comes back when enough have been gathered.
    pub(crate) fn push(&mut self, row: &R) -> Result<Option<RecordBatch>> {
        for (fill, builder) in self.table.fills.iter().zip(&mut self.builders) {
            fill(row, builder);
        }
        self.rows += 1;
        if self.rows < BATCH_ROWS { Ok(None) } else { self.take() }
    }

    /// The rows gathered so far, if there are any.
    pub(crate) fn take(&mut self) -> Result<Option<RecordBatch>> {
        if self.rows == 0 {
            return Ok(None);
        }
        self.rows = 0;
        let arrays = self
            .builders
            .iter_mut()
            .zip(self.table.schema.fields())
            .map(|(builder, field)| builder.finish(field.name()))
            .collect::<Result<Vec<_>>>()?;
        RecordBatch::try_new(self.table.schema.clone(), arrays).or_cannot("put columns together").map(Some)
    }
}

/// A Parquet file in the making.
pub(crate) struct ParquetFile<'t, R> {
    rows: Rows<'t, R>,
    writer: ArrowWriter<OutputFile>,
    path: std::path::PathBuf,
    count: u64,
}

impl<'t, R: Record> ParquetFile<'t, R> {
    pub(crate) fn create(table: &'t BatchTable<R>, path: &Path) -> Result<Self> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            // Fixed, so that bytes do not depend on the library's version string.
            .set_created_by("ingot".to_owned())
            .build();
        let writer = ArrowWriter::try_new(OutputFile::create(path)?, table.schema.clone(), Some(properties))
            .or_cannot_at("start the Parquet file", path)?;
        Ok(Self { rows: table.rows(), writer, path: path.to_path_buf(), count: 0 })
    }

    pub(crate) fn write(&mut self, row: &R) -> Result<()> {
        self.count += 1;
        if let Some(batch) = self.rows.push(row)? {
            self.writer.write(&batch).map_err(|error| writing_failed(&self.path, error))?;
        }
        Ok(())
    }

    /// How many rows it has so far: the number of the row that was written last.
    pub(crate) fn rows(&self) -> u64 {
        self.count
    }

    pub(crate) fn finish(mut self) -> Result<Finished> {
        if let Some(batch) = self.rows.take()? {
            self.writer.write(&batch).map_err(|error| writing_failed(&self.path, error))?;
        }
        // Ended by itself first: giving the file back would wrap the disk's error in a text.
        self.writer.finish().map_err(|error| writing_failed(&self.path, error))?;
        Ok(Finished { rows: self.count, ..self.writer.inner_mut().finish()? })
    }
}

/// A failure of the disk keeps its hint; any other is the library's.
pub(crate) fn writing_failed(path: &Path, error: parquet::errors::ParquetError) -> Error {
    match error {
        parquet::errors::ParquetError::External(cause) => match cause.downcast::<std::io::Error>() {
            Ok(cause) => cannot_write(path, *cause),
            Err(cause) => Error::new("cannot write the Parquet file").at(path).caused_by(cause),
        },
        other => Error::new("cannot write the Parquet file").at(path).caused_by(other),
    }
}

/// One column of the batch that is being gathered. A value that does not fit the column's type becomes
/// an error when the batch is taken, not a silent null.
pub(crate) struct ColumnBuilder {
    kind: Kind,
    misfits: usize,
}

enum Kind {
    I32(Int32Builder),
    I64(Int64Builder),
    F64(Float64Builder),
    Str(StringBuilder),
    Bool(BooleanBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Decimal(Decimal128Builder, u32),
}

impl ColumnBuilder {
    fn new(data_type: &DataType) -> Self {
        let kind = match data_type {
            DataType::I32 => Kind::I32(Int32Builder::new()),
            DataType::I64 => Kind::I64(Int64Builder::new()),
            DataType::F64 => Kind::F64(Float64Builder::new()),
            // No feed of the generator has columns of the other types.
            DataType::Str
            | DataType::Binary
            | DataType::Time
            | DataType::List(_)
            | DataType::Struct(_)
            | DataType::Map(..) => Kind::Str(StringBuilder::new()),
            DataType::Bool => Kind::Bool(BooleanBuilder::new()),
            DataType::Date => Kind::Date(Date32Builder::new()),
            DataType::Timestamp => Kind::Timestamp(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            DataType::Decimal { scale, .. } => Kind::Decimal(
                Decimal128Builder::new().with_data_type(data_type.arrow()),
                u32::try_from(*scale).unwrap_or_default(),
            ),
        };
        Self { kind, misfits: 0 }
    }

    fn finish(&mut self, column: &str) -> Result<ArrayRef> {
        if self.misfits > 0 {
            return Err(Error::new(format!(
                "{} values of column {column} do not fit the type that its contract gives it",
                self.misfits
            ))
            .hint("give the column its original type in schemas/"));
        }
        Ok(match &mut self.kind {
            Kind::I32(builder) => Arc::new(builder.finish()),
            Kind::I64(builder) => Arc::new(builder.finish()),
            Kind::F64(builder) => Arc::new(builder.finish()),
            Kind::Str(builder) => Arc::new(builder.finish()),
            Kind::Bool(builder) => Arc::new(builder.finish()),
            Kind::Date(builder) => Arc::new(builder.finish()),
            Kind::Timestamp(builder) => Arc::new(builder.finish()),
            Kind::Decimal(builder, _) => Arc::new(builder.finish()),
        })
    }
}

impl Cell for ColumnBuilder {
    fn null(&mut self) {
        match &mut self.kind {
            Kind::I32(builder) => builder.append_null(),
            Kind::I64(builder) => builder.append_null(),
            Kind::F64(builder) => builder.append_null(),
            Kind::Str(builder) => builder.append_null(),
            Kind::Bool(builder) => builder.append_null(),
            Kind::Date(builder) => builder.append_null(),
            Kind::Timestamp(builder) => builder.append_null(),
            Kind::Decimal(builder, _) => builder.append_null(),
        }
    }

    fn int(&mut self, value: i64) {
        match &mut self.kind {
            Kind::I64(builder) => builder.append_value(value),
            Kind::I32(builder) => match i32::try_from(value) {
                Ok(value) => builder.append_value(value),
                Err(_) => self.misfit(),
            },
            _ => self.misfit(),
        }
    }

    fn decimal(&mut self, value: i64, scale: u32) {
        match &mut self.kind {
            Kind::Decimal(builder, column_scale) if *column_scale >= scale => {
                builder.append_value(i128::from(value) * 10i128.pow(*column_scale - scale));
            }
            Kind::F64(builder) => builder.append_value(value as f64 / 10f64.powi(scale as i32)),
            _ => self.misfit(),
        }
    }

    fn text(&mut self, value: &str) {
        match &mut self.kind {
            Kind::Str(builder) => builder.append_value(value),
            _ => self.misfit(),
        }
    }

    fn date(&mut self, day: Day) {
        match &mut self.kind {
            Kind::Date(builder) => builder.append_value(day),
            _ => self.misfit(),
        }
    }

    fn timestamp(&mut self, utc: i64, _offset: i32) {
        match &mut self.kind {
            Kind::Timestamp(builder) => builder.append_value(utc * 1_000_000),
            _ => self.misfit(),
        }
    }

    fn boolean(&mut self, value: bool) {
        match &mut self.kind {
            Kind::Bool(builder) => builder.append_value(value),
            _ => self.misfit(),
        }
    }
}

impl ColumnBuilder {
    fn misfit(&mut self) {
        self.misfits += 1;
        self.null();
    }
}
