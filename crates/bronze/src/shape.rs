//! The columns of a followed table's data files: they grow with the source, and mark deleted rows.

use super::check::Checks;
use super::intake::file_schema;
use ingot_contract::DataType;
use ingot_lake::arrow::array::{
    Array, ArrayRef, BooleanArray, RecordBatch, TimestampMicrosecondArray, new_null_array,
};
use ingot_lake::arrow::compute::{cast, kernels::zip::zip};
use ingot_lake::arrow::datatypes::{Field, Schema, SchemaRef};
use std::sync::Arc;

pub const IS_DELETED: &str = "is_deleted";
pub const DELETED_AT: &str = "deleted_at";

/// The data file's columns: the table's, in its order, with the file name kept once.
pub fn data_schema(checks: &Checks, table: &Schema) -> SchemaRef {
    let plain = file_schema(checks, &[]);
    Arc::new(Schema::new(
        table
            .fields()
            .iter()
            .map(|field| {
                let data_type =
                    plain.field_with_name(field.name()).map_or(field.data_type(), |known| known.data_type());
                Field::new(field.name(), data_type.clone(), field.is_nullable())
            })
            .collect::<Vec<_>>(),
    ))
}

/// The batch with the columns of `schema`: those that it lacks are null (`is_deleted`: false). Rows that `deletes` names
/// become tombstones, unless they are already.
pub fn with_columns_of(
    batch: &RecordBatch,
    schema: &SchemaRef,
    deleted_at: i64,
    deletes: impl Fn(usize) -> bool,
) -> Result<RecordBatch, ingot_lake::arrow::error::ArrowError> {
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
        .map(|field| -> Result<ArrayRef, ingot_lake::arrow::error::ArrowError> {
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
