//! What a file's path says about a column of its rows.

use super::checks::ColumnCheck;
use super::parse::Value;
use crate::row::Reason;
use crate::write::ColumnBuilder;
use ingot_contract::DataType;
use ingot_lake::arrow::array::{ArrayRef, UInt32Array, new_null_array};
use ingot_lake::arrow::compute::take;

/// The value of a column in every row of a file. Cells of the file that say another are rejected; where the file has no
/// cell, it is the value.
#[derive(Debug, Clone)]
pub(crate) struct FixedValue {
    data_type: DataType,
    /// `None` for null.
    text: Option<String>,
    /// Of the column's type; null for null and for texts.
    value: Value<'static>,
}

impl FixedValue {
    /// # Errors
    /// The first reason against the value, which is checked like a cell.
    pub(crate) fn new(column: &ColumnCheck, text: Option<&str>) -> Result<Self, Reason> {
        let mut reasons = Vec::new();
        let value = column.check(text.map(str::as_bytes), None, &mut reasons);
        if !reasons.is_empty() {
            return Err(reasons.swap_remove(0));
        }
        let value = match value {
            None | Some(Value::Null | Value::Str(_)) => Value::Null,
            Some(Value::I32(value)) => Value::I32(value),
            Some(Value::I64(value)) => Value::I64(value),
            Some(Value::F64(value)) => Value::F64(value),
            Some(Value::Bool(value)) => Value::Bool(value),
            Some(Value::Date(value)) => Value::Date(value),
            Some(Value::Timestamp(value)) => Value::Timestamp(value),
            Some(Value::Decimal(value)) => Value::Decimal(value),
        };
        Ok(Self { data_type: column.data_type.clone(), text: text.map(str::to_owned), value })
    }

    /// As the path has it.
    pub(crate) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Whether it is this value, which is not null.
    pub(crate) fn equals(&self, value: &Value<'_>) -> bool {
        *value == self.value()
    }

    /// A column in which every row has it.
    pub(crate) fn column(&self, rows: usize) -> ArrayRef {
        let mut builder = ColumnBuilder::new(&self.data_type);
        builder.append(self.value());
        let every_row = UInt32Array::from(vec![0; rows]);
        builder
            .finish()
            .and_then(|one| take(&one, &every_row, None).ok())
            .unwrap_or_else(|| new_null_array(&self.data_type.arrow(), rows))
    }

    fn value(&self) -> Value<'_> {
        match (&self.text, &self.data_type) {
            (Some(text), DataType::Str) => Value::Str(text),
            _ => self.value,
        }
    }
}
