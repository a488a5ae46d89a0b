//! Rows that come as Arrow batches (Parquet, Delta): whole columns are converted to the contract's types,
//! and only rows with something wrong are looked at one by one.
//!
//! A physical type may differ from the contract's where every value keeps its meaning (`convert`). Anything else (a
//! timestamp without a zone, a number for a text, nested columns) fails the file, for it would have to be guessed.

mod convert;

use super::super::intake::{FileFailure, Intake, Stop};
use super::super::parse::Value;
use super::super::rejects::{Position, Reason};
use convert::{Conversion, convert};
use ingot_contract::{Contract, DataType};
use ingot_core::error::Error;
use ingot_lake::arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, new_null_array};
use ingot_lake::arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, Schema,
    TimestampMicrosecondType,
};
use ingot_lake::arrow::json::LineDelimitedWriter;
use ingot_lake::arrow::util::display::{ArrayFormatter, FormatOptions};
use std::borrow::Cow;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// By row of a batch: what is wrong with it.
pub type Faults = BTreeMap<usize, Vec<Reason>>;

/// How a file's columns become the contract's.
pub struct Columns {
    /// For each of the contract's columns its index in the batches.
    source: Vec<Option<(usize, Conversion)>>,
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
        let mut conversions = Vec::with_capacity(source.len());
        for (column, index) in contract.columns.iter().zip(source) {
            let Some(index) = index else {
                conversions.push(None);
                continue;
            };
            let found = schema.field(index).data_type();
            let Some(conversion) = Conversion::of(found, column.data_type) else {
                let shown = if found.is_nested() { "nested".to_owned() } else { found.to_string() };
                return Err(FileFailure::new(
                    "TYPE_MISMATCH",
                    format!(
                        "the column '{}' is {shown} in the file; the contract says {}",
                        column.name,
                        column.data_type.arrow()
                    ),
                )
                .of_column(&column.name));
            };
            conversions.push(Some((index, conversion)));
        }
        let types = contract.columns.iter().map(|column| column.data_type).collect();
        Ok(Self { source: conversions, types })
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
            let Some((source, conversion)) = self.source[index] else {
                if check.required && fixed.is_none() {
                    return Err(
                        FileFailure::new("COLUMN_MISSING", format!("no column '{}'", check.name)).into()
                    );
                }
                columns.push(new_null_array(&data_type.arrow(), rows));
                continue;
            };
            let original = batch.column(source);
            let converted = convert(original, conversion, *data_type, |row, code, expected| {
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
                    let mut reasons = Vec::new();
                    let text = || Cow::Owned(cell_text(&converted, row).into_bytes());
                    check.judge(&value_at(&converted, *data_type, row), text, fixed, &mut reasons);
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
