//! Takes the rows of one raw file: checks them, builds batches of the accepted ones with their audit
//! columns, keeps the rejected ones with their reasons, and counts both.

use super::check::{Checks, FixedValue};
use super::output::Output;
use super::parse::Value;
use super::rejects::{Position, Reason, Reject, Spool};
use ingot_contract::DataType;
use ingot_core::error::{Error, Result};
use ingot_lake::arrow::array::{
    Array, ArrayRef, BooleanArray, BooleanBuilder, Date32Builder, Decimal128Builder, DictionaryArray,
    Float64Builder, Int32Array, Int32Builder, Int64Array, Int64Builder, RecordBatch, StringArray,
    StringBuilder, TimestampMicrosecondArray, TimestampMicrosecondBuilder,
};
use ingot_lake::arrow::compute::filter;
use ingot_lake::arrow::datatypes::{DataType as ArrowType, Field, Int32Type, Schema, SchemaRef};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// Rows of a batch.
const BATCH_ROWS: usize = 8192;
/// Bytes of raw text after which a batch ends early.
const BATCH_BYTES: usize = 8 << 20;

/// Why reading a file stopped.
#[derive(Debug)]
pub enum Stop {
    /// The file cannot be read; other files can.
    File(FileFailure),
    /// What was read cannot be written: the whole table's load ends.
    Output(Error),
}

/// Why a file as a whole was not loaded.
#[derive(Debug, Clone)]
pub struct FileFailure {
    pub code: &'static str,
    pub message: String,
    /// The column for which the file was refused.
    pub column: Option<String>,
}

impl FileFailure {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), column: None }
    }

    pub fn of_column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }
}

impl From<FileFailure> for Stop {
    fn from(failure: FileFailure) -> Self {
        Stop::File(failure)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Output(error)
    }
}

/// Rows of one file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub read: u64,
    pub accepted: u64,
    pub rejected: u64,
}

/// What every row of a file has in common.
pub struct FileFacts<'a> {
    /// Relative to the raw folder.
    pub name: &'a str,
    /// What the path says that a column is; one entry for each of the contract's columns.
    pub fixed: &'a [Option<FixedValue>],
    /// Microseconds since 1970.
    pub ingestion_ts: i64,
}

pub struct Intake<'a> {
    pub checks: &'a Checks,
    facts: FileFacts<'a>,
    output: &'a mut Output,
    rejects: &'a mut Spool,
    columns: Vec<ColumnBuilder>,
    hashes: Int64Builder,
    numbers: Int64Builder,
    /// Whether each pending row is accepted. A rejected row's cells stay in the builders until the batch ends.
    alive: Vec<bool>,
    dead: usize,
    pending_bytes: usize,
    reasons: Vec<Reason>,
    counts: Counts,
    origin: Option<Origin>,
}

/// Where a row that comes a second time (a replayed one) came from at first.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    pub position: Position,
    /// Of the row as it was delivered.
    pub hash: i64,
}

/// The hash of a row's bytes.
pub fn row_hash(raw: &[u8]) -> i64 {
    xxh3_64(raw) as i64
}

/// The data file's columns: the contract's without the partitions, then the audit columns.
pub fn file_schema(checks: &Checks, partition_columns: &[String]) -> SchemaRef {
    let mut fields: Vec<Field> = checks
        .columns
        .iter()
        .filter(|column| !partition_columns.contains(&column.name))
        .map(|column| Field::new(&column.name, column.data_type.arrow(), !column.required))
        .collect();
    for (name, data_type) in ingot_contract::AUDIT_COLUMNS {
        let data_type = match data_type {
            // One value for all rows of a raw file: kept once.
            DataType::Str => ArrowType::Dictionary(Box::new(ArrowType::Int32), Box::new(ArrowType::Utf8)),
            other => other.arrow(),
        };
        fields.push(Field::new(name, data_type, false));
    }
    Arc::new(Schema::new(fields))
}

impl<'a> Intake<'a> {
    pub fn new(
        checks: &'a Checks,
        facts: FileFacts<'a>,
        output: &'a mut Output,
        rejects: &'a mut Spool,
    ) -> Self {
        let schema = output.schema();
        let columns = checks
            .columns
            .iter()
            .map(|column| match schema.field_with_name(&column.name) {
                Ok(_) => ColumnBuilder::new(column.data_type),
                Err(_) => ColumnBuilder::Partition,
            })
            .collect();
        Self {
            checks,
            facts,
            output,
            rejects,
            columns,
            hashes: Int64Builder::new(),
            numbers: Int64Builder::new(),
            alive: Vec::with_capacity(BATCH_ROWS),
            dead: 0,
            pending_bytes: 0,
            reasons: Vec::new(),
            counts: Counts::default(),
            origin: None,
        }
    }

    /// Rows that come from now on are this one again.
    pub fn coming_from(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// What the path says about each of the contract's columns.
    pub fn fixed(&self) -> &'a [Option<FixedValue>] {
        self.facts.fixed
    }

    /// One row of text cells. `cell` gives the text of the contract's n-th column; `None` and the empty text
    /// are null. `raw` is the row as it came, without the end of its line.
    #[inline]
    pub fn row<'c>(
        &mut self,
        position: Position,
        raw: &[u8],
        cell: impl Fn(usize) -> Option<&'c [u8]>,
    ) -> Result<(), Stop> {
        let checks = self.checks;
        let (position, hash) = match self.origin {
            None => (position, row_hash(raw)),
            Some(origin) => (origin.position, origin.hash),
        };
        self.reasons.clear();
        for (index, (check, builder)) in checks.columns.iter().zip(&mut self.columns).enumerate() {
            let text = cell(index).filter(|text| !text.is_empty());
            let value = check.check(text, self.facts.fixed[index].as_ref(), &mut self.reasons);
            builder.append(value.unwrap_or(Value::Null));
        }
        self.counts.read += 1;
        self.hashes.append_value(hash);
        self.numbers.append_value(position.row as i64);
        self.pending_bytes += raw.len();
        if self.reasons.is_empty() {
            self.alive.push(true);
        } else {
            self.alive.push(false);
            self.dead += 1;
            self.counts.rejected += 1;
            let reasons = std::mem::take(&mut self.reasons);
            self.rejects.push(Reject::new(self.facts.name, position, raw, reasons))?;
        }
        if self.alive.len() >= BATCH_ROWS || self.pending_bytes >= BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// A row that is rejected before its cells can be looked at.
    pub fn reject(&mut self, position: Position, raw: &[u8], reasons: Vec<Reason>) -> Result<(), Stop> {
        let position = self.origin.map_or(position, |origin| origin.position);
        self.counts.read += 1;
        self.counts.rejected += 1;
        self.rejects.push(Reject::new(self.facts.name, position, raw, reasons))?;
        Ok(())
    }

    /// Rows that were checked elsewhere, as columns in the contract's order; those with `accepted` set are taken.
    /// The others must have been handed to [`Self::reject`] one by one.
    pub fn accept_batch(
        &mut self,
        columns: Vec<ArrayRef>,
        hashes: Int64Array,
        numbers: Int64Array,
        accepted: &[bool],
    ) -> Result<(), Stop> {
        let taken = accepted.iter().filter(|taken| **taken).count();
        self.counts.read += taken as u64;
        let columns = columns
            .into_iter()
            .zip(&self.columns)
            .filter(|(_, builder)| !matches!(builder, ColumnBuilder::Partition))
            .map(|(column, _)| column)
            .collect();
        self.write(columns, Arc::new(hashes), Arc::new(numbers), accepted, accepted.len() - taken)
    }

    fn flush(&mut self) -> Result<(), Stop> {
        let columns = self.columns.iter_mut().filter_map(ColumnBuilder::finish).collect();
        let (hashes, numbers) = (Arc::new(self.hashes.finish()), Arc::new(self.numbers.finish()));
        let alive = std::mem::take(&mut self.alive);
        let dead = std::mem::take(&mut self.dead);
        self.pending_bytes = 0;
        self.write(columns, hashes, numbers, &alive, dead)?;
        self.alive = alive;
        self.alive.clear();
        Ok(())
    }

    fn write(
        &mut self,
        mut columns: Vec<ArrayRef>,
        hashes: ArrayRef,
        numbers: ArrayRef,
        alive: &[bool],
        dead: usize,
    ) -> Result<(), Stop> {
        let (mut hashes, mut numbers) = (hashes, numbers);
        if dead > 0 {
            let mask = BooleanArray::from(alive.to_vec());
            for column in columns.iter_mut().chain([&mut hashes, &mut numbers]) {
                *column = filter(column, &mask).map_err(batch_error)?;
            }
        }
        let rows = alive.len() - dead;
        self.counts.accepted += rows as u64;
        if rows == 0 {
            return Ok(());
        }
        columns.push(Arc::new(
            TimestampMicrosecondArray::from_value(self.facts.ingestion_ts, rows).with_timezone("UTC"),
        ));
        let names: ArrayRef = Arc::new(StringArray::from(vec![self.facts.name]));
        let keys = Int32Array::from_value(0, rows);
        columns.push(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, names).map_err(batch_error)?));
        columns.push(hashes);
        columns.push(numbers);
        let batch = RecordBatch::try_new(self.output.schema().clone(), columns).map_err(batch_error)?;
        self.output.write(&batch)?;
        Ok(())
    }

    /// Ends the file.
    pub fn finish(mut self) -> Result<Counts, Stop> {
        self.flush()?;
        Ok(self.counts)
    }
}

fn batch_error(error: ingot_lake::arrow::error::ArrowError) -> Stop {
    Stop::Output(Error::defect("accepted rows do not fit their columns").caused_by(error))
}

/// Builds one column of a batch.
enum ColumnBuilder {
    I32(Int32Builder),
    I64(Int64Builder),
    F64(Float64Builder),
    Str(StringBuilder),
    Bool(BooleanBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Decimal(Decimal128Builder, ArrowType),
    /// Stands in the file's folder name, not in the file.
    Partition,
}

impl ColumnBuilder {
    fn new(data_type: DataType) -> Self {
        match data_type {
            DataType::I32 => Self::I32(Int32Builder::with_capacity(BATCH_ROWS)),
            DataType::I64 => Self::I64(Int64Builder::with_capacity(BATCH_ROWS)),
            DataType::F64 => Self::F64(Float64Builder::with_capacity(BATCH_ROWS)),
            DataType::Str => Self::Str(StringBuilder::with_capacity(BATCH_ROWS, BATCH_ROWS * 16)),
            DataType::Bool => Self::Bool(BooleanBuilder::with_capacity(BATCH_ROWS)),
            DataType::Date => Self::Date(Date32Builder::with_capacity(BATCH_ROWS)),
            DataType::Timestamp => Self::Timestamp(TimestampMicrosecondBuilder::with_capacity(BATCH_ROWS)),
            DataType::Decimal { .. } => {
                Self::Decimal(Decimal128Builder::with_capacity(BATCH_ROWS), data_type.arrow())
            }
        }
    }

    #[inline]
    fn append(&mut self, value: Value<'_>) {
        match (self, value) {
            (Self::I32(builder), Value::I32(value)) => builder.append_value(value),
            (Self::I64(builder), Value::I64(value)) => builder.append_value(value),
            (Self::F64(builder), Value::F64(value)) => builder.append_value(value),
            (Self::Str(builder), Value::Str(value)) => builder.append_value(value),
            (Self::Bool(builder), Value::Bool(value)) => builder.append_value(value),
            (Self::Date(builder), Value::Date(value)) => builder.append_value(value),
            (Self::Timestamp(builder), Value::Timestamp(value)) => builder.append_value(value),
            (Self::Decimal(builder, _), Value::Decimal(value)) => builder.append_value(value),
            // `parse` gives each type its own value, so what is left is null.
            (Self::I32(builder), _) => builder.append_null(),
            (Self::I64(builder), _) => builder.append_null(),
            (Self::F64(builder), _) => builder.append_null(),
            (Self::Str(builder), _) => builder.append_null(),
            (Self::Bool(builder), _) => builder.append_null(),
            (Self::Date(builder), _) => builder.append_null(),
            (Self::Timestamp(builder), _) => builder.append_null(),
            (Self::Decimal(builder, _), _) => builder.append_null(),
            (Self::Partition, _) => {}
        }
    }

    fn finish(&mut self) -> Option<ArrayRef> {
        Some(match self {
            Self::I32(builder) => Arc::new(builder.finish()),
            Self::I64(builder) => Arc::new(builder.finish()),
            Self::F64(builder) => Arc::new(builder.finish()),
            Self::Str(builder) => Arc::new(builder.finish()),
            Self::Bool(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish().with_timezone("UTC")),
            Self::Decimal(builder, data_type) => {
                let array = builder.finish();
                // The type of the contract; every value was parsed into its precision and scale.
                match array.into_data().into_builder().data_type(data_type.clone()).build() {
                    Ok(data) => ingot_lake::arrow::array::make_array(data),
                    Err(_) => return None,
                }
            }
            Self::Partition => return None,
        })
    }
}
