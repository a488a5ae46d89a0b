//! A batch of a file that knows types, checked and in the contract's columns.
//!
//! A physical type may differ from the contract's where every value keeps its meaning (`convert`, and `plan` for what is
//! nested). Anything else (a number for a text) fails the file, because it would have to be guessed.

use super::plan::{Mismatch, Plan};
use crate::check::{Checks, FixedValue, Place};
use crate::read_error::{FileFailure, ReadError};
use crate::row::Reason;
use ingot_contract::{Contract, DataType};
use ingot_core::error::Error;
use ingot_lake::arrow::array::{Array, ArrayRef, RecordBatch, new_null_array};
use ingot_lake::arrow::compute::is_null;
use ingot_lake::arrow::compute::kernels::zip::zip;
use ingot_lake::arrow::datatypes::Schema;
use std::collections::BTreeMap;

/// By row of a batch: what is wrong with it.
pub(crate) type Faults = BTreeMap<usize, Vec<Reason>>;

/// How a file's columns become the contract's.
pub(crate) struct Columns {
    /// For each of the contract's columns its index in the batches.
    source: Vec<Option<(usize, Plan)>>,
    types: Vec<DataType>,
    /// Members of structs that the contract does not name, and leaves out.
    left_out: Vec<String>,
}

impl Columns {
    /// # Errors
    /// `TYPE_MISMATCH`: a column of a type that is not accepted as the contract's.
    pub(crate) fn new(
        contract: &Contract,
        checks: &Checks,
        schema: &Schema,
        source: Vec<Option<usize>>,
    ) -> Result<Self, FileFailure> {
        let mut conversions = Vec::with_capacity(source.len());
        let mut left_out = Vec::new();
        for ((column, check), index) in contract.columns.iter().zip(&checks.columns).zip(source) {
            let Some(index) = index else {
                conversions.push(None);
                continue;
            };
            let found = schema.field(index).data_type();
            let place = Place::Column(&column.name);
            match Plan::of(found, check, contract.evolution, &place, &mut left_out) {
                Ok(plan) => conversions.push(Some((index, plan))),
                Err(Mismatch(what)) => {
                    return Err(FileFailure::new("TYPE_MISMATCH", what).of_column(&column.name));
                }
            }
        }
        let types = contract.columns.iter().map(|column| column.data_type.clone()).collect();
        Ok(Self { source: conversions, types, left_out })
    }

    /// The members of structs that the contract does not name, by their places.
    pub(crate) fn left_out(&self) -> &[String] {
        &self.left_out
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
            let Some((source, plan)) = &self.source[index] else {
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
            let converted = plan.checked(batch.column(*source), check, fixed, &mut |row, mut reason| {
                let place = reason.column.take().unwrap_or_default();
                reason.column = Some(format!("{}{place}", check.name));
                faults.entry(row).or_default().push(reason);
            })?;
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
