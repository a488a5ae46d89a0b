//! The columns of data files.

use crate::check::Checks;
use ingot_contract::{Contract, DataType};
use ingot_lake::arrow::datatypes::{DataType as ArrowType, Field, Schema, SchemaRef};
use std::sync::Arc;

/// The columns of an append table's data files: the contract's without the partitions, then the audit columns. `checks` are
/// those of `contract`.
pub(crate) fn file_schema(contract: &Contract, checks: &Checks, partition_columns: &[String]) -> SchemaRef {
    let mut fields: Vec<Field> = checks
        .columns
        .iter()
        .filter(|column| !partition_columns.contains(&column.name))
        .map(|column| Field::new(&column.name, column.data_type.arrow(), !column.required))
        .collect();
    for (name, data_type) in contract.audit_columns() {
        let data_type = match data_type {
            // One value for all rows of a raw file: kept once.
            DataType::Str => ArrowType::Dictionary(Box::new(ArrowType::Int32), Box::new(ArrowType::Utf8)),
            other => other.arrow(),
        };
        fields.push(Field::new(name, data_type, false));
    }
    Arc::new(Schema::new(fields))
}

/// The columns of a followed table's data files: the table's, in its order, with the types of [`file_schema`].
pub(crate) fn data_schema(contract: &Contract, checks: &Checks, table: &Schema) -> SchemaRef {
    let plain = file_schema(contract, checks, &[]);
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
