//! Values of batches one row at a time: what is hashed of a row.

use ingot_lake::arrow::array::{Array, ArrayRef, AsArray};
use ingot_lake::arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// The `src_row_hash` of each row: XXH3-64 of its values one after the other, each as a byte 1 and its bytes (texts with
/// their length before them, lists and maps with the number of their items), null as a byte 0. A column that is not there counts as null.
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
        ArrowType::Binary => push_bytes(buffer, column.as_binary::<i32>().value(row)),
        ArrowType::List(_) => push_items(buffer, &column.as_list::<i32>().value(row)),
        ArrowType::Map(..) => {
            let entries: ArrayRef = Arc::new(column.as_map().value(row));
            push_items(buffer, &entries);
        }
        ArrowType::Struct(_) => {
            for member in column.as_struct().columns() {
                push_value(buffer, member, row);
            }
        }
        _ => push_bytes(buffer, column.as_string::<i32>().value(row).as_bytes()),
    }
}

fn push_bytes(buffer: &mut Vec<u8>, bytes: &[u8]) {
    buffer.extend((bytes.len() as u64).to_le_bytes());
    buffer.extend(bytes);
}

fn push_items(buffer: &mut Vec<u8>, items: &ArrayRef) {
    buffer.extend((items.len() as u64).to_le_bytes());
    for item in 0..items.len() {
        push_value(buffer, items, item);
    }
}
