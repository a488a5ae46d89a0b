//! Builds one column of a batch from values.

use crate::check::Value;
use ingot_contract::DataType;
use ingot_lake::arrow::array::{
    Array, ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int32Builder,
    Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use ingot_lake::arrow::datatypes::DataType as ArrowType;
use std::sync::Arc;

/// Rows of a batch.
pub(crate) const BATCH_ROWS: usize = 8192;

/// Builds one column of a batch.
pub(crate) enum ColumnBuilder {
    I32(Int32Builder),
    I64(Int64Builder),
    F64(Float64Builder),
    Str(StringBuilder),
    Bool(BooleanBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Decimal(Decimal128Builder, ArrowType),
    /// The value is in the name of the file's folder, not in the file.
    Partition,
}

impl ColumnBuilder {
    /// Types that are not plain are for [`super::NestedBuilder`]; here they have their text.
    pub(crate) fn new(data_type: &DataType) -> Self {
        match data_type {
            DataType::I32 => Self::I32(Int32Builder::with_capacity(BATCH_ROWS)),
            DataType::I64 => Self::I64(Int64Builder::with_capacity(BATCH_ROWS)),
            DataType::F64 => Self::F64(Float64Builder::with_capacity(BATCH_ROWS)),
            DataType::Str
            | DataType::Binary
            | DataType::Time
            | DataType::List(_)
            | DataType::Struct(_)
            | DataType::Map(..) => Self::Str(StringBuilder::with_capacity(BATCH_ROWS, BATCH_ROWS * 16)),
            DataType::Bool => Self::Bool(BooleanBuilder::with_capacity(BATCH_ROWS)),
            DataType::Date => Self::Date(Date32Builder::with_capacity(BATCH_ROWS)),
            DataType::Timestamp => Self::Timestamp(TimestampMicrosecondBuilder::with_capacity(BATCH_ROWS)),
            DataType::Decimal { .. } => {
                Self::Decimal(Decimal128Builder::with_capacity(BATCH_ROWS), data_type.arrow())
            }
        }
    }

    #[inline]
    pub(crate) fn append(&mut self, value: &Value<'_>) {
        match (self, value) {
            (Self::I32(builder), Value::I32(value)) => builder.append_value(*value),
            (Self::I64(builder), Value::I64(value)) => builder.append_value(*value),
            (Self::F64(builder), Value::F64(value)) => builder.append_value(*value),
            (Self::Str(builder), Value::Str(value)) => builder.append_value(value),
            (Self::Bool(builder), Value::Bool(value)) => builder.append_value(*value),
            (Self::Date(builder), Value::Date(value)) => builder.append_value(*value),
            (Self::Timestamp(builder), Value::Timestamp(value)) => builder.append_value(*value),
            (Self::Decimal(builder, _), Value::Decimal(value)) => builder.append_value(*value),
            // `parse` gives each type its own value, so what is left is null.
            (Self::I32(builder), _) => builder.append_null(),
            (Self::I64(builder), _) => builder.append_null(),
            (Self::F64(builder), _) => builder.append_null(),
            (Self::Str(builder), _) => builder.append_null(),
            (Self::Bool(builder), _) => builder.append_null(),
            (Self::Date(builder), _) => builder.append_null(),
            (Self::Timestamp(builder), _) => builder.append_null(),
            (Self::Decimal(builder, _), _) => builder.append_null(),
            (Self::Partition, _) => {}
        }
    }

    /// The column so far. The next batch is taken to be as large as this one: arrow's builders keep no room.
    pub(crate) fn finish(&mut self) -> Option<ArrayRef> {
        /// The array of the builder, which is made anew with room for as many values.
        macro_rules! finish {
            ($builder:ident, $kind:ident) => {{
                let array = $builder.finish();
                *$builder = $kind::with_capacity(array.len());
                array
            }};
        }
        Some(match self {
            Self::I32(builder) => Arc::new(finish!(builder, Int32Builder)),
            Self::I64(builder) => Arc::new(finish!(builder, Int64Builder)),
            Self::F64(builder) => Arc::new(finish!(builder, Float64Builder)),
            Self::Str(builder) => {
                let array = builder.finish();
                let bytes = array.value_data().len();
                *builder = StringBuilder::with_capacity(array.len(), bytes + bytes / 16);
                Arc::new(array)
            }
            Self::Bool(builder) => Arc::new(finish!(builder, BooleanBuilder)),
            Self::Date(builder) => Arc::new(finish!(builder, Date32Builder)),
            Self::Timestamp(builder) => {
                Arc::new(finish!(builder, TimestampMicrosecondBuilder).with_timezone("UTC"))
            }
            Self::Decimal(builder, data_type) => {
                let array = finish!(builder, Decimal128Builder);
                // The type of the contract; every value was parsed into its precision and scale.
                match array.into_data().into_builder().data_type(data_type.clone()).build() {
                    Ok(data) => ingot_lake::arrow::array::make_array(data),
                    Err(_) => return None,
                }
            }
            Self::Partition => return None,
        })
    }
}
