//! Rows of a followed table as its data files keep them: with all columns of the table, and marked when they are deleted.

use ingot_contract::DataType;
use ingot_lake::arrow::array::{
    Array, ArrayRef, BooleanArray, RecordBatch, TimestampMicrosecondArray, new_null_array,
};
use ingot_lake::arrow::compute::{cast, kernels::zip::zip};
use ingot_lake::arrow::datatypes::SchemaRef;
use ingot_lake::arrow::error::ArrowError;
use std::sync::Arc;

pub const IS_DELETED: &str = "is_deleted";
pub const DELETED_AT: &str = "deleted_at";

/// The batch with the columns of `schema`: those that it lacks are null (`is_deleted`: false). Rows for which `deletes`
/// holds become tombstones, deleted at `deleted_at` (microseconds since 1970), unless they already are.
pub(crate) fn with_columns_of(
    batch: &RecordBatch,
    schema: &SchemaRef,
    deleted_at: i64,
    deletes: impl Fn(usize) -> bool,
) -> Result<RecordBatch, ArrowError> {
    let rows = batch.num_rows();
    let was_deleted: BooleanArray = match batch.column_by_name(IS_DELETED) {
        Some(column) => cast(column, &DataType::Bool.arrow())?.as_any().downcast_ref().cloned(),
        None => None,
    }
    .unwrap_or_else(|| BooleanArray::from(vec![false; rows]));
    let dies: BooleanArray = (0..rows).map(|row| Some(deletes(row) && !was_deleted.value(row))).collect();
    let columns: Result<Vec<ArrayRef>, _> = schema
        .fields()
        .iter()
        .map(|field| -> Result<ArrayRef, ArrowError> {
            if field.name() == IS_DELETED {
                let is_deleted: BooleanArray =
                    (0..rows).map(|row| Some(was_deleted.value(row) || dies.value(row))).collect();
                return Ok(Arc::new(is_deleted));
            }
            let column = match batch.column_by_name(field.name()) {
                Some(column) if column.data_type() == field.data_type() => column.clone(),
                Some(column) => cast(column, field.data_type())?,
                None => new_null_array(field.data_type(), rows),
            };
            if field.name() == DELETED_AT {
                let now = TimestampMicrosecondArray::from_value(deleted_at, rows).with_timezone("UTC");
                return zip(&dies, &now, &column);
            }
            Ok(column)
        })
        .collect();
    RecordBatch::try_new(schema.clone(), columns?)
}
