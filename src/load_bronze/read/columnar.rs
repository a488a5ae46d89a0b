//! Rows that come as Arrow batches (Parquet, Delta): whole columns are converted to the contract's types,
//! and only rows with something wrong are looked at one by one.
//!
//! A physical type may differ from the contract's where every value keeps its meaning: other integer widths,
//! integers and narrower decimals to decimals, text by the same rules as in CSV. Anything else (a float for a decimal, a
//! timestamp without a zone) fails the file, for it would have to be guessed.

use super::super::intake::{FileFailure, Intake, Stop};
use super::super::parse::{self, Value};
use super::super::rejects::{Position, Reason};
use crate::contract::{Contract, DataType};
use crate::error::Error;
use crate::lake::arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int32Builder,
    Int64Array, Int64Builder, RecordBatch, TimestampMicrosecondBuilder, new_null_array,
};
use crate::lake::arrow::compute::{CastOptions, cast_with_options};
use crate::lake::arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, Schema, TimeUnit,
    TimestampMicrosecondType, TimestampNanosecondType,
};
use crate::lake::arrow::json::LineDelimitedWriter;
use crate::lake::arrow::util::display::{ArrayFormatter, FormatOptions};
use std::collections::BTreeMap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// By row of a batch: what is wrong with it.
pub type Faults = BTreeMap<usize, Vec<Reason>>;

/// How a file's columns become the contract's.
pub struct Columns {
    /// For each of the contract's columns its index in the batches.
    source: Vec<Option<usize>>,
    types: Vec<DataType>,
}

impl Columns {
    /// # Errors
    /// A column of a type that is not taken for the contract's.
    pub fn new(
        contract: &Contract,
        schema: &Schema,
        source: Vec<Option<usize>>,
    ) -> Result<Self, FileFailure> {
        for (column, index) in contract.columns.iter().zip(&source) {
            let Some(index) = index else { continue };
            let found = schema.field(*index).data_type();
            if !is_taken(found, column.data_type) {
                return Err(FileFailure::new(
                    "TYPE_MISMATCH",
                    format!(
                        "the column '{}' is {found} in the file; the contract says {}",
                        column.name,
                        column.data_type.arrow()
                    ),
                )
                .of_column(&column.name));
            }
        }
        Ok(Self { source, types: contract.columns.iter().map(|column| column.data_type).collect() })
    }

    /// Checks and hands over a batch whose first row has this number in its file.
    pub fn take(&self, batch: &RecordBatch, first_row: u64, intake: &mut Intake<'_>) -> Result<(), Stop> {
        let (columns, mut faults) = self.convert(batch, intake)?;
        let rows = batch.num_rows();
        let hashes: Int64Array = row_hashes(&columns, rows).into();
        let numbers: Int64Array =
            (0..rows).map(|row| (first_row + row as u64) as i64).collect::<Vec<_>>().into();
        let mut accepted = vec![true; rows];
        for (row, reasons) in std::mem::take(&mut faults) {
            accepted[row] = false;
            let position = Position { row: first_row + row as u64, line: None, byte_offset: None };
            intake.reject(position, &row_text(batch, row), reasons)?;
        }
        intake.accept_batch(columns, hashes, numbers, &accepted)
    }

    /// The batch in the contract's columns and types, and what is wrong with which row.
    pub fn convert(&self, batch: &RecordBatch, intake: &Intake<'_>) -> Result<(Vec<ArrayRef>, Faults), Stop> {
        let rows = batch.num_rows();
        let mut faults = Faults::new();
        let mut columns = Vec::with_capacity(self.types.len());
        for (index, data_type) in self.types.iter().enumerate() {
            let check = &intake.checks.columns[index];
            let fixed = intake.fixed()[index].as_ref();
            let Some(source) = self.source[index] else {
                if check.required && fixed.is_none() {
                    return Err(
                        FileFailure::new("COLUMN_MISSING", format!("no column '{}'", check.name)).into()
                    );
                }
                columns.push(new_null_array(&data_type.arrow(), rows));
                continue;
            };
            let original = batch.column(source);
            let converted = convert(original, *data_type, |row, code, expected| {
                let value = cell_text(original, row);
                faults.entry(row).or_default().push(check.reason(code, value.as_bytes(), expected));
            })?;
            if check.required && original.null_count() > 0 {
                for row in (0..rows).filter(|row| original.is_null(*row)) {
                    faults.entry(row).or_default().push(check.missing());
                }
            }
            if check.has_rules() || fixed.is_some() {
                for row in (0..rows).filter(|row| converted.is_valid(*row)) {
                    let text = cell_text(&converted, row);
                    let mut reasons = Vec::new();
                    check.judge(&value_at(&converted, *data_type, row), text.as_bytes(), fixed, &mut reasons);
                    if !reasons.is_empty() {
                        faults.entry(row).or_default().extend(reasons);
                    }
                }
            }
            columns.push(converted);
        }
        Ok((columns, faults))
    }
}

fn is_taken(found: &ArrowType, wanted: DataType) -> bool {
    use ArrowType as A;
    let found = match found {
        A::Dictionary(_, values) => values.as_ref(),
        other => other,
    };
    // Text is parsed by the rules of CSV.
    if matches!(found, A::Utf8 | A::LargeUtf8 | A::Utf8View) {
        return true;
    }
    match wanted {
        DataType::I32 | DataType::I64 => found.is_integer(),
        DataType::F64 => matches!(
            found,
            A::Float16
                | A::Float32
                | A::Float64
                | A::Int8
                | A::Int16
                | A::Int32
                | A::UInt8
                | A::UInt16
                | A::UInt32
        ),
        DataType::Decimal { scale, .. } => match found {
            A::Decimal32(_, from)
            | A::Decimal64(_, from)
            | A::Decimal128(_, from)
            | A::Decimal256(_, from) => *from <= scale,
            other => other.is_integer(),
        },
        DataType::Bool => matches!(found, A::Boolean),
        DataType::Date => matches!(found, A::Date32),
        DataType::Timestamp => matches!(found, A::Timestamp(_, Some(_))),
        DataType::Str => false,
    }
}

/// The column in the contract's type. `fault` is told of each value that has none there; such cells are null.
fn convert(
    original: &ArrayRef,
    data_type: DataType,
    mut fault: impl FnMut(usize, &str, &str),
) -> Result<ArrayRef, Stop> {
    let wanted = data_type.arrow();
    let is_text =
        |found: &ArrowType| matches!(found, ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View);
    let found = original.data_type();
    let plain_text = match found {
        ArrowType::Dictionary(_, values) => is_text(values),
        other => is_text(other),
    };
    let to = if plain_text { ArrowType::Utf8 } else { wanted.clone() };
    if let ArrowType::Timestamp(TimeUnit::Nanosecond, _) = found {
        let nanoseconds = original.as_primitive::<TimestampNanosecondType>();
        for row in 0..nanoseconds.len() {
            if nanoseconds.is_valid(row) && nanoseconds.value(row) % 1000 != 0 {
                fault(row, "TOO_PRECISE", "no more decimal places than the column's type has");
            }
        }
    }
    let converted = if *found == to {
        original.clone()
    } else {
        let options = CastOptions { safe: true, format_options: FormatOptions::default() };
        cast_with_options(original, &to, &options)
            .map_err(|error| Stop::File(FileFailure::new("TYPE_MISMATCH", error.to_string())))?
    };
    if plain_text && data_type != DataType::Str {
        return Ok(parse_column(&converted, data_type, fault));
    }
    if converted.null_count() > original.null_count() {
        for row in 0..converted.len() {
            if converted.is_null(row) && original.is_valid(row) {
                fault(row, "OUT_OF_RANGE", "a number that the column's type can hold");
            }
        }
    }
    Ok(converted)
}

fn parse_column(texts: &ArrayRef, data_type: DataType, mut fault: impl FnMut(usize, &str, &str)) -> ArrayRef {
    let texts = texts.as_string::<i32>();
    let mut value = |row: usize| -> Value<'_> {
        if texts.is_null(row) || texts.value(row).is_empty() {
            return Value::Null;
        }
        parse::parse(data_type, texts.value(row).as_bytes()).unwrap_or_else(|problem| {
            fault(row, problem.code, problem.expected);
            Value::Null
        })
    };
    macro_rules! build {
        ($builder:expr, $variant:ident) => {{
            let mut builder = $builder;
            for row in 0..texts.len() {
                match value(row) {
                    Value::$variant(value) => builder.append_value(value),
                    _ => builder.append_null(),
                }
            }
            builder.finish()
        }};
    }
    match data_type {
        DataType::I32 => Arc::new(build!(Int32Builder::new(), I32)),
        DataType::I64 => Arc::new(build!(Int64Builder::new(), I64)),
        DataType::F64 => Arc::new(build!(Float64Builder::new(), F64)),
        DataType::Bool => Arc::new(build!(BooleanBuilder::new(), Bool)),
        DataType::Date => Arc::new(build!(Date32Builder::new(), Date)),
        DataType::Timestamp => {
            Arc::new(build!(TimestampMicrosecondBuilder::new(), Timestamp).with_timezone("UTC"))
        }
        DataType::Decimal { .. } => {
            Arc::new(build!(Decimal128Builder::new().with_data_type(data_type.arrow()), Decimal))
        }
        DataType::Str => Arc::new(texts.clone()),
    }
}

fn value_at(column: &ArrayRef, data_type: DataType, row: usize) -> Value<'_> {
    match data_type {
        DataType::I32 => Value::I32(column.as_primitive::<Int32Type>().value(row)),
        DataType::I64 => Value::I64(column.as_primitive::<Int64Type>().value(row)),
        DataType::F64 => Value::F64(column.as_primitive::<Float64Type>().value(row)),
        DataType::Bool => Value::Bool(column.as_boolean().value(row)),
        DataType::Date => Value::Date(column.as_primitive::<Date32Type>().value(row)),
        DataType::Timestamp => Value::Timestamp(column.as_primitive::<TimestampMicrosecondType>().value(row)),
        DataType::Decimal { .. } => Value::Decimal(column.as_primitive::<Decimal128Type>().value(row)),
        DataType::Str => Value::Str(column.as_string::<i32>().value(row)),
    }
}

/// A hash of each row: of its values one after the other, each as a byte 1 and its bytes (texts with their length
/// before them), null as a byte 0. A column that is not there is as if it were null.
pub fn row_hashes(columns: &[ArrayRef], rows: usize) -> Vec<i64> {
    let mut buffer: Vec<u8> = Vec::with_capacity(256);
    let mut hashes = Vec::with_capacity(rows);
    for row in 0..rows {
        buffer.clear();
        for column in columns {
            push_value(&mut buffer, column, row);
        }
        hashes.push(xxh3_64(&buffer) as i64);
    }
    hashes
}

/// One value in the form that is hashed.
pub fn push_value(buffer: &mut Vec<u8>, column: &ArrayRef, row: usize) {
    if column.is_null(row) {
        buffer.push(0);
        return;
    }
    buffer.push(1);
    match column.data_type() {
        ArrowType::Int32 => buffer.extend(column.as_primitive::<Int32Type>().value(row).to_le_bytes()),
        ArrowType::Int64 => buffer.extend(column.as_primitive::<Int64Type>().value(row).to_le_bytes()),
        ArrowType::Float64 => buffer.extend(column.as_primitive::<Float64Type>().value(row).to_le_bytes()),
        ArrowType::Date32 => buffer.extend(column.as_primitive::<Date32Type>().value(row).to_le_bytes()),
        ArrowType::Timestamp(..) => {
            buffer.extend(column.as_primitive::<TimestampMicrosecondType>().value(row).to_le_bytes());
        }
        ArrowType::Decimal128(..) => {
            buffer.extend(column.as_primitive::<Decimal128Type>().value(row).to_le_bytes());
        }
        ArrowType::Boolean => buffer.push(u8::from(column.as_boolean().value(row))),
        _ => {
            let text = column.as_string::<i32>().value(row);
            buffer.extend((text.len() as u64).to_le_bytes());
            buffer.extend(text.as_bytes());
        }
    }
}

/// A cell as people read it; empty for null.
fn cell_text(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return String::new();
    }
    ArrayFormatter::try_new(column, &FormatOptions::default())
        .map(|formatter| formatter.value(row).to_string())
        .unwrap_or_default()
}

/// The row as a JSON object, which stands for the raw text that such files do not have.
pub fn row_text(batch: &RecordBatch, row: usize) -> Vec<u8> {
    let mut writer = LineDelimitedWriter::new(Vec::new());
    match writer.write(&batch.slice(row, 1)).and_then(|()| writer.finish()) {
        Ok(()) => {
            let mut text = writer.into_inner();
            while text.last() == Some(&b'\n') {
                text.pop();
            }
            text
        }
        Err(error) => Error::new(format!("the row cannot be shown: {error}")).message().as_bytes().to_vec(),
    }
}
