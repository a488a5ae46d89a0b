//! Values of batches one row at a time: what rules look at, and the text that people see.

use super::json_text::{push_object, text_of};
use crate::check::Value;
use ingot_contract::DataType;
use ingot_lake::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use ingot_lake::arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};

/// A value for its column's rules; `None` for what is not plain.
pub(super) fn value_at<'c>(column: &'c ArrayRef, data_type: &DataType, row: usize) -> Option<Value<'c>> {
    Some(match data_type {
        DataType::I32 => Value::I32(column.as_primitive::<Int32Type>().value(row)),
        DataType::I64 => Value::I64(column.as_primitive::<Int64Type>().value(row)),
        DataType::F64 => Value::F64(column.as_primitive::<Float64Type>().value(row)),
        DataType::Bool => Value::Bool(column.as_boolean().value(row)),
        DataType::Date => Value::Date(column.as_primitive::<Date32Type>().value(row)),
        DataType::Timestamp => Value::Timestamp(column.as_primitive::<TimestampMicrosecondType>().value(row)),
        DataType::Decimal { .. } => Value::Decimal(column.as_primitive::<Decimal128Type>().value(row)),
        DataType::Str | DataType::Time => Value::Str(column.as_string::<i32>().value(row)),
        DataType::Binary | DataType::List(_) | DataType::Struct(_) | DataType::Map(..) => return None,
    })
}

/// A cell as people read it; empty for null.
pub(super) fn cell_text(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return String::new();
    }
    text_of(column, row)
}

/// The row as a JSON object, in place of the raw text that such files do not have.
pub(crate) fn row_text(batch: &RecordBatch, row: usize) -> Vec<u8> {
    let mut text = String::new();
    push_object(&mut text, batch.schema_ref().fields(), batch.columns(), row);
    text.into_bytes()
}
