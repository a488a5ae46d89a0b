//! Values of batches one row at a time: what is hashed of a row.

use ingot_lake::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, ListArray, MapArray, StringArray,
};
use ingot_lake::arrow::buffer::NullBuffer;
use ingot_lake::arrow::datatypes::{
    DataType as ArrowType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// The `src_row_hash` of each row: XXH3-64 of its values one after the other, each as a byte 1 and its bytes (texts with
/// their length before them, lists and maps with the number of their items), null as a byte 0. A column that is not there counts as null.
pub(crate) fn row_hashes(columns: &[ArrayRef], rows: usize) -> Vec<i64> {
    let columns: Vec<HashedColumn<'_>> = columns.iter().map(HashedColumn::of).collect();
    let mut buffer: Vec<u8> = Vec::with_capacity(256);
    let mut hashes = Vec::with_capacity(rows);
    for row in 0..rows {
        buffer.clear();
        for column in &columns {
            column.push(&mut buffer, row);
        }
        hashes.push(xxh3_64(&buffer) as i64);
    }
    hashes
}

/// A column whose type is known, so that it is not asked for with each value.
pub(crate) struct HashedColumn<'a> {
    nulls: Option<&'a NullBuffer>,
    values: Values<'a>,
}

enum Values<'a> {
    Four(&'a [i32]),
    Eight(&'a [i64]),
    Floats(&'a [f64]),
    Decimals(&'a [i128]),
    Booleans(&'a BooleanArray),
    Bytes(&'a BinaryArray),
    Texts(&'a StringArray),
    List(&'a ListArray),
    Map(&'a MapArray),
    Struct(Vec<HashedColumn<'a>>),
}

impl<'a> HashedColumn<'a> {
    pub(crate) fn of(column: &'a ArrayRef) -> Self {
        let values = match column.data_type() {
            ArrowType::Int32 => Values::Four(column.as_primitive::<Int32Type>().values()),
            ArrowType::Int64 => Values::Eight(column.as_primitive::<Int64Type>().values()),
            ArrowType::Float64 => Values::Floats(column.as_primitive::<Float64Type>().values()),
            ArrowType::Date32 => Values::Four(column.as_primitive::<Date32Type>().values()),
            ArrowType::Timestamp(..) => {
                Values::Eight(column.as_primitive::<TimestampMicrosecondType>().values())
            }
            ArrowType::Decimal128(..) => Values::Decimals(column.as_primitive::<Decimal128Type>().values()),
            ArrowType::Boolean => Values::Booleans(column.as_boolean()),
            ArrowType::Binary => Values::Bytes(column.as_binary()),
            ArrowType::List(_) => Values::List(column.as_list()),
            ArrowType::Map(..) => Values::Map(column.as_map()),
            ArrowType::Struct(_) => {
                Values::Struct(column.as_struct().columns().iter().map(HashedColumn::of).collect())
            }
            _ => Values::Texts(column.as_string()),
        };
        Self { nulls: column.nulls(), values }
    }

    /// Adds one value in the form that is hashed.
    #[inline]
    pub(crate) fn push(&self, buffer: &mut Vec<u8>, row: usize) {
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            buffer.push(0);
            return;
        }
        buffer.push(1);
        match &self.values {
            Values::Four(values) => buffer.extend(values[row].to_le_bytes()),
            Values::Eight(values) => buffer.extend(values[row].to_le_bytes()),
            Values::Floats(values) => buffer.extend(values[row].to_le_bytes()),
            Values::Decimals(values) => buffer.extend(values[row].to_le_bytes()),
            Values::Booleans(values) => buffer.push(u8::from(values.value(row))),
            Values::Bytes(values) => push_bytes(buffer, values.value(row)),
            Values::Texts(values) => push_bytes(buffer, values.value(row).as_bytes()),
            Values::List(values) => push_items(buffer, &values.value(row)),
            Values::Map(values) => {
                let entries: ArrayRef = Arc::new(values.value(row));
                push_items(buffer, &entries);
            }
            Values::Struct(members) => members.iter().for_each(|member| member.push(buffer, row)),
        }
    }
}

fn push_bytes(buffer: &mut Vec<u8>, bytes: &[u8]) {
    buffer.extend((bytes.len() as u64).to_le_bytes());
    buffer.extend(bytes);
}

fn push_items(buffer: &mut Vec<u8>, items: &ArrayRef) {
    buffer.extend((items.len() as u64).to_le_bytes());
    let column = HashedColumn::of(items);
    for item in 0..items.len() {
        column.push(buffer, item);
    }
}
