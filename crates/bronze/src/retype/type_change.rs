//! The columns of a table whose types differ from the contract's, and the one that the contract may leave out.

use crate::check::columnar::Retype;
use crate::evolution::{SchemaChange, contract_type};
use ingot_contract::{Contract, DataType, ROW_HASH, RowHash};
use ingot_core::error::{Error, Result};
use ingot_lake::arrow::datatypes::{DataType as ArrowType, Schema};

/// A column that gets another type.
pub(super) struct TypeChange {
    pub(super) column: String,
    pub(super) found: ArrowType,
    pub(super) wanted: DataType,
    pub(super) retype: Retype,
}

impl TypeChange {
    pub(super) fn note(&self, contract: &Contract) -> SchemaChange {
        SchemaChange::of_type(contract, &self.column, word(&self.found), self.wanted.word())
    }

    /// `'qty' is i32 in the bronze table but str in the contract`
    pub(super) fn sentence(&self) -> String {
        sentence(&self.column, &self.found, &self.wanted)
    }
}

/// The column of the table that the contract does not want any more: the hash of the rows.
pub(super) fn unwanted_column(contract: &Contract, table: &Schema) -> Option<&'static str> {
    let is_unwanted = contract.row_hash == RowHash::None && table.field_with_name(ROW_HASH).is_ok();
    is_unwanted.then_some(ROW_HASH)
}

/// Refuses a table in a place where its rows cannot be written again.
///
/// # Errors
/// The contract gives a column another type, or leaves one out.
pub(crate) fn refuse_new_types(contract: &Contract, table: &Schema) -> Result<()> {
    let changes: Vec<String> = type_changes(contract, table)?.iter().map(TypeChange::sentence).collect();
    let what = match (changes.first(), unwanted_column(contract, table)) {
        (Some(change), _) => format!("the column {change}"),
        (None, Some(column)) => format!("the contract leaves out the column '{column}' that the table has"),
        (None, None) => return Ok(()),
    };
    Err(Error::new(format!("{what}, and a table in a bucket is not written again"))
        .at(&contract.file)
        .hint("keep the column as it is, give the new one another name, or load everything into another lake (--lake)"))
}

/// The columns of the table to which the contract gives another type.
///
/// # Errors
/// Values of the old type would have to be guessed in the new one.
pub(super) fn type_changes(contract: &Contract, table: &Schema) -> Result<Vec<TypeChange>> {
    let columns = contract.columns.iter().map(|column| (&column.name, &column.data_type));
    let partitions = contract.path_only_partitions().map(|partition| (&partition.name, &partition.data_type));
    let mut changes = Vec::new();
    for (name, wanted) in columns.chain(partitions) {
        let Ok(field) = table.field_with_name(name) else { continue };
        let found = field.data_type();
        if *found == wanted.arrow() {
            continue;
        }
        let Some(retype) = Retype::of(found, wanted) else {
            return Err(Error::new(format!("the column {}", sentence(name, found, wanted)))
                .at(&contract.file)
                .hint(
                    "values of the one are not values of the other: give the new column another name in the \
                     contract, or load everything into another lake (--lake)",
                ));
        };
        changes.push(TypeChange {
            column: name.clone(),
            found: found.clone(),
            wanted: wanted.clone(),
            retype,
        });
    }
    Ok(changes)
}

fn word(found: &ArrowType) -> String {
    contract_type(found).word()
}

fn sentence(column: &str, found: &ArrowType, wanted: &DataType) -> String {
    format!("'{column}' is {} in the bronze table but {} in the contract", word(found), wanted.word())
}
