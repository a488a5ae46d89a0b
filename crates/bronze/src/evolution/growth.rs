//! How a table's columns grow.

use super::contract_columns::contract_type;
use super::schema_change::{Change, SchemaChanges};
use crate::write::IS_DELETED;
use ingot_contract::{Contract, ROW_HASH};
use ingot_core::error::{Error, Result};
use ingot_lake::arrow::datatypes::{DataType as ArrowType, Field, Schema};

/// The table's columns after a load of `wanted`; `None` if they stay as they are. Old columns keep their order and type;
/// new ones follow and may be null, because older rows have no value there.
///
/// # Errors
/// A column whose type differs from the table's.
pub(crate) fn grown_schema(
    contract: &Contract,
    old: &Schema,
    wanted: &Schema,
    changes: &mut SchemaChanges,
) -> Result<Option<Schema>> {
    let mut fields: Vec<Field> = Vec::with_capacity(old.fields().len());
    let mut grew = false;
    // A partition that is not a column of the rows may be null once a folder says so.
    let is_partition = |name: &str| contract.partitions.iter().any(|partition| partition.name == name);
    for field in old.fields() {
        let new = wanted.field_with_name(field.name()).ok();
        if let Some(new) = new
            && new.data_type() != field.data_type()
        {
            let word = |found: &ArrowType| contract_type(found).word();
            return Err(Error::new(format!(
                "the column '{}' is {} in the bronze table but {} in the contract",
                field.name(),
                word(field.data_type()),
                word(new.data_type())
            ))
            .at(&contract.file)
            .hint(
                "a column keeps its type: give the new one another name in the contract, \
                 or load everything into another lake (--lake)",
            ));
        }
        let may_be_null =
            new.map_or(!is_partition(field.name()), Field::is_nullable) && field.name() != IS_DELETED;
        if may_be_null && !field.is_nullable() {
            changes.note(contract, Change::MadeOptional, field.name(), "");
            grew = true;
            fields.push(field.as_ref().clone().with_nullable(true));
        } else {
            fields.push(field.as_ref().clone());
        }
    }
    for field in wanted.fields() {
        if old.field_with_name(field.name()).is_ok() {
            continue;
        }
        // The hash of the rows comes back where a contract left it out before.
        if contract.column(field.name()).is_some() || field.name() == ROW_HASH {
            changes.note(contract, Change::AddedByContract, field.name(), "");
        }
        grew = true;
        fields.push(field.as_ref().clone().with_nullable(true));
    }
    Ok(grew.then(|| Schema::new(fields)))
}

#[cfg(test)]
mod tests {
    use super::super::contract_columns::{effective_contract, with_columns};
    use super::*;
    use ingot_contract::DataType;
    use std::path::Path;

    fn contract() -> Contract {
        let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
        ingot_contract::load_all(&schemas).unwrap().into_iter().find(|one| one.name == "sensors").unwrap()
    }

    #[test]
    fn a_table_grows_at_its_end_and_keeps_its_types() {
        let contract = contract();
        let old = contract.lake_schema();
        let grown_contract = with_columns(&contract, vec![("note".to_owned(), DataType::Str)]);
        let mut changes = SchemaChanges::default();
        let new =
            grown_schema(&contract, &old, &grown_contract.lake_schema(), &mut changes).unwrap().unwrap();
        assert_eq!(new.fields().last().unwrap().name(), "note");
        assert_eq!(new.fields().len(), old.fields().len() + 1);
        assert!(grown_schema(&contract, &new, &contract.lake_schema(), &mut changes).unwrap().is_none());
        assert_eq!(effective_contract(&contract, Some(&new)).columns.last().unwrap().name, "note");
        let mut other = contract.clone();
        other.columns[3].data_type = DataType::Str;
        let error = grown_schema(&contract, &old, &other.lake_schema(), &mut changes).unwrap_err();
        assert!(error.message().contains("'temperature_c' is dec(5,2) in the bronze table"), "{error}");
    }
}
