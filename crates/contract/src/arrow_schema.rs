//! A contract's columns as Arrow types (the arrow major of `deltalake`, which bronze writes with).

use crate::contract::{Column, Contract, DataType};
use arrow::datatypes::{DataType as ArrowType, Field, Schema, TimeUnit};
use std::sync::Arc;

/// The key under which a column of a table remembers its name in files, where that is another one.
pub const NAME_IN_FILES: &str = "ingot.nameInFiles";

impl DataType {
    /// Timestamps are UTC microseconds. The names of what is inside lists and maps are those of the Delta protocol; all of it
    /// may be null, so that a contract may become stricter or looser without another table.
    pub fn arrow(&self) -> ArrowType {
        match self {
            Self::I32 => ArrowType::Int32,
            Self::I64 => ArrowType::Int64,
            Self::F64 => ArrowType::Float64,
            Self::Str => ArrowType::Utf8,
            Self::Bool => ArrowType::Boolean,
            Self::Date => ArrowType::Date32,
            Self::Timestamp => ArrowType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Decimal { precision, scale } => ArrowType::Decimal128(*precision, *scale),
            Self::Binary => ArrowType::Binary,
            Self::Time => ArrowType::Utf8,
            Self::List(item) => {
                ArrowType::List(Arc::new(Field::new("element", item.data_type.arrow(), true)))
            }
            Self::Struct(members) => ArrowType::Struct(members.iter().map(member).collect()),
            Self::Map(key, value) => {
                let entry = [
                    Field::new("key", key.data_type.arrow(), false),
                    Field::new("value", value.data_type.arrow(), true),
                ];
                let entries = Field::new("key_value", ArrowType::Struct(entry.into_iter().collect()), false);
                ArrowType::Map(Arc::new(entries), false)
            }
        }
    }
}

fn member(column: &Column) -> Field {
    Field::new(&column.name, column.data_type.arrow(), true)
}

impl Contract {
    /// The contract's own columns. All are nullable except the required ones.
    pub fn arrow_schema(&self) -> Schema {
        Schema::new(
            self.columns
                .iter()
                .map(|column| Field::new(&column.name, column.data_type.arrow(), !column.required))
                .collect::<Vec<_>>(),
        )
    }

    /// The table in the lake: the contract's columns with their names in files ([`NAME_IN_FILES`]), the audit columns, the partitions that are not columns.
    pub fn lake_schema(&self) -> Schema {
        let mut fields: Vec<Field> =
            self.arrow_schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        for (field, column) in fields.iter_mut().zip(&self.columns) {
            if let Some(name) = &column.physical_name {
                field.set_metadata([(NAME_IN_FILES.to_owned(), name.clone())].into());
            }
        }
        fields
            .extend(self.audit_columns().map(|(name, data_type)| Field::new(name, data_type.arrow(), false)));
        fields.extend(
            self.path_only_partitions()
                .map(|partition| Field::new(&partition.name, partition.data_type.arrow(), false)),
        );
        Schema::new(fields)
    }
}
