//! A batch of a file that knows types, checked and in the contract's columns.
//!
//! A physical type may differ from the contract's where every value keeps its meaning (`convert`, and `plan` for what is
//! nested). Anything else (a number for a text) fails the file, because it would have to be guessed.

use super::cell_values::{cell_text, value_at};
use super::plan::{Mismatch, Plan};
use crate::check::{Checks, FixedValue, Place};
use crate::read_error::{FileFailure, ReadError};
use crate::row::Reason;
use ingot_contract::{Contract, DataType};
use ingot_lake::arrow::array::{Array, ArrayRef, RecordBatch, new_null_array};
use ingot_lake::arrow::datatypes::Schema;
use std::borrow::Cow;
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
        schema: &Schema,
        source: Vec<Option<usize>>,
    ) -> Result<Self, FileFailure> {
        let mut conversions = Vec::with_capacity(source.len());
        let mut left_out = Vec::new();
        for (column, index) in contract.columns.iter().zip(source) {
            let Some(index) = index else {
                conversions.push(None);
                continue;
            };
            let found = schema.field(index).data_type();
            let place = Place::Column(&column.name);
            match Plan::of(found, &column.data_type, contract.evolution, &place, &mut left_out) {
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
                columns.push(new_null_array(&data_type.arrow(), rows));
                continue;
            };
            let original = batch.column(*source);
            let converted = plan.convert(original, check, &mut |row, mut reason| {
                let place = reason.column.take().unwrap_or_default();
                reason.column = Some(format!("{}{place}", check.name));
                faults.entry(row).or_default().push(reason);
            })?;
            if check.required
                && let Some(nulls) = original.logical_nulls()
            {
                for row in (0..rows).filter(|row| nulls.is_null(*row)) {
                    faults.entry(row).or_default().push(check.missing());
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
            columns.push(converted);
        }
        Ok((columns, faults))
    }
}
