//! Values of batches one row at a time: what is hashed of a row, and the text that people see.

use ingot_lake::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use ingot_lake::arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use ingot_lake::arrow::json::LineDelimitedWriter;
use ingot_lake::arrow::util::display::{ArrayFormatter, FormatOptions};
use xxhash_rust::xxh3::xxh3_64;

/// The `src_row_hash` of each row: XXH3-64 of its values one after the other, each as a byte 1 and its bytes (texts with
/// their length before them), null as a byte 0. A column that is not there counts as null.
pub(crate) fn row_hashes(columns: &[ArrayRef], rows: usize) -> Vec<i64> {
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
pub(crate) fn push_value(buffer: &mut Vec<u8>, column: &ArrayRef, row: usize) {
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
pub(super) fn cell_text(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return String::new();
    }
    ArrayFormatter::try_new(column, &FormatOptions::default())
        .map(|formatter| formatter.value(row).to_string())
        .unwrap_or_default()
}

/// The row as a JSON object, in place of the raw text that such files do not have.
pub(crate) fn row_text(batch: &RecordBatch, row: usize) -> Vec<u8> {
    let mut writer = LineDelimitedWriter::new(Vec::new());
    match writer.write(&batch.slice(row, 1)).and_then(|()| writer.finish()) {
        Ok(()) => {
            let mut text = writer.into_inner();
            while text.last() == Some(&b'\n') {
                text.pop();
            }
            text
        }
        Err(error) => format!("the row cannot be shown: {error}").into_bytes(),
    }
}
