//! What a file's path says about a column of its rows.

use super::parse::Value;
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
    /// `value` is what `text` is as the column's type.
    pub(crate) fn new(data_type: &DataType, text: Option<&str>, value: Value<'_>) -> Self {
        let value = match value {
            Value::Null | Value::Str(_) => Value::Null,
            Value::I32(value) => Value::I32(value),
            Value::I64(value) => Value::I64(value),
            Value::F64(value) => Value::F64(value),
            Value::Bool(value) => Value::Bool(value),
            Value::Date(value) => Value::Date(value),
            Value::Timestamp(value) => Value::Timestamp(value),
            Value::Decimal(value) => Value::Decimal(value),
        };
        Self { data_type: data_type.clone(), text: text.map(str::to_owned), value }
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
        builder.append(&self.value());
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
