//! A batch of a file that knows types, checked and in the contract's columns.
//!
//! A physical type may differ from the contract's where every value keeps its meaning (`convert`). Anything else (a
//! timestamp without a zone, a number for a text, nested columns) fails the file, because it would have to be guessed.

use super::convert::{Conversion, convert};
use super::row_values::cell_text;
use crate::check::{Checks, FixedValue, Value};
use crate::read_error::{FileFailure, ReadError};
use crate::row::Reason;
use ingot_contract::{Contract, DataType};
use ingot_core::error::Error;
use ingot_lake::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, new_null_array};
use ingot_lake::arrow::compute::is_null;
use ingot_lake::arrow::compute::kernels::zip::zip;
use ingot_lake::arrow::datatypes::{
    Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, Schema, TimestampMicrosecondType,
};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// By row of a batch: what is wrong with it.
pub(crate) type Faults = BTreeMap<usize, Vec<Reason>>;

/// How a file's columns become the contract's.
pub(crate) struct Columns {
    /// For each of the contract's columns its index in the batches.
    source: Vec<Option<(usize, Conversion)>>,
    types: Vec<DataType>,
}

impl Columns {
    /// # Errors
    /// `TYPE_MISMATCH`: a column of a type that is not accepted as the contract's.
    pub(crate) fn new(
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
            let Some(conversion) = Conversion::of(found, &column.data_type) else {
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
        let types = contract.columns.iter().map(|column| column.data_type.clone()).collect();
        Ok(Self { source: conversions, types })
    }

    /// The batch in the contract's columns and types, and what is wrong with which row. `fixed` is what the file's path says
    /// about each of the contract's columns.
    pub(crate) fn convert(
        &self,
        batch: &RecordBatch,
        checks: &Checks,
        fixed: &[Option<FixedValue>],
    ) -> Result<(Vec<ArrayRef>, Faults), ReadError> {
        let rows = batch.num_rows();
        let mut faults = Faults::new();
        let mut columns = Vec::with_capacity(self.types.len());
        for (index, data_type) in self.types.iter().enumerate() {
            let check = &checks.columns[index];
            let fixed = fixed[index].as_ref();
            let Some((source, conversion)) = self.source[index] else {
                if check.required && fixed.is_none() {
                    return Err(FileFailure::new(
                        "COLUMN_MISSING",
                        format!("the file has no column '{}'", check.name),
                    )
                    .into());
                }
                if check.refuses_null() && fixed.is_none() {
                    for row in 0..rows {
                        faults.entry(row).or_default().extend(check.missing());
                    }
                }
                columns.push(match fixed {
                    Some(fixed) => fixed.column(rows),
                    None => new_null_array(&data_type.arrow(), rows),
                });
                continue;
            };
            let original = batch.column(source);
            let converted = convert(original, conversion, data_type, |row, code, expected| {
                let value = cell_text(original, row);
                faults.entry(row).or_default().push(check.reason(code, value.as_bytes(), expected));
            })?;
            if check.refuses_null() && original.null_count() > 0 {
                for row in (0..rows).filter(|row| original.is_null(*row)) {
                    faults.entry(row).or_default().extend(check.missing());
                }
            }
            if check.has_rules() || fixed.is_some() {
                for row in (0..rows).filter(|row| converted.is_valid(*row)) {
                    let mut reasons = Vec::new();
                    let text = || Cow::Owned(cell_text(&converted, row).into_bytes());
                    check.check_rules(&value_at(&converted, data_type, row), text, fixed, &mut reasons);
                    if !reasons.is_empty() {
                        faults.entry(row).or_default().extend(reasons);
                    }
                }
            }
            columns.push(match fixed {
                Some(fixed) if converted.null_count() > 0 => filled(&converted, &fixed.column(rows))?,
                _ => converted,
            });
        }
        Ok((columns, faults))
    }
}

/// The column with the values of `other` where it has none.
fn filled(column: &ArrayRef, other: &ArrayRef) -> Result<ArrayRef, ReadError> {
    is_null(column).and_then(|nulls| zip(&nulls, other, column)).map_err(|error| {
        ReadError::Output(Error::defect("a value of the path does not fit its column").caused_by(error))
    })
}

fn value_at<'c>(column: &'c ArrayRef, data_type: &DataType, row: usize) -> Value<'c> {
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
