//! Which columns a table has for a load: the contract's, and those that files or the source added.

use crate::check::ColumnNotes;
use crate::write::{DELETED_AT, IS_DELETED};
use ingot_contract::{AUDIT_COLUMNS, Column, Contract, DataType, Evolution, Format, RawFile};
use ingot_lake::arrow::datatypes::{DataType as ArrowType, Schema};
use ingot_lake::parquet::arrow::arrow_reader::ArrowReaderMetadata;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// The contract with the columns that files have added to the table, after its own. Only under `evolve`; in the other modes
/// a table has no columns but the contract's.
pub(crate) fn effective_contract(contract: &Contract, table: Option<&Schema>) -> Contract {
    let mut effective = contract.clone();
    // Files without a header have the contract's columns, and no others.
    let names_columns = contract.raw.names_columns();
    let Some(table) = table.filter(|_| contract.evolution == Evolution::Evolve && names_columns) else {
        return effective;
    };
    for field in table.fields() {
        if is_free(&effective, field.name())
            && let Some(data_type) = contract_type(field.data_type())
        {
            effective.columns.push(added_column(field.name(), data_type));
        }
    }
    effective
}

/// The contract's name for a column type.
pub(crate) fn type_word(data_type: &DataType) -> String {
    match data_type {
        DataType::I32 => "i32".to_owned(),
        DataType::I64 => "i64".to_owned(),
        DataType::F64 => "f64".to_owned(),
        DataType::Str => "str".to_owned(),
        DataType::Bool => "bool".to_owned(),
        DataType::Date => "date".to_owned(),
        DataType::Timestamp => "ts".to_owned(),
        DataType::Decimal { precision, scale } => format!("dec({precision},{scale})"),
    }
}

fn added_column(name: &str, data_type: DataType) -> Column {
    Column {
        name: name.to_owned(),
        physical_name: None,
        data_type,
        description: String::new(),
        required: false,
        primary_key: None,
        natural_key: false,
        personal: false,
        rules: Vec::new(),
    }
}

/// Whether a column of this name can be added: the table does not use the name for something else, in upper or lower case
/// (Delta and SQL do not tell them apart), and it contains nothing that Delta refuses in names.
fn is_free(contract: &Contract, name: &str) -> bool {
    let is = |other: &str| other.eq_ignore_ascii_case(name);
    !name.is_empty()
        && !name.contains([' ', ',', ';', '{', '}', '(', ')', '\n', '\t', '='])
        && !contract.columns.iter().any(|column| is(&column.name))
        && !contract.partitions.iter().any(|partition| is(&partition.name))
        && !AUDIT_COLUMNS.iter().any(|(audit, _)| is(audit))
        && !is(IS_DELETED)
        && !is(DELETED_AT)
}

/// The contract's type that holds all values of a file's; `None` for lists, structs and the like.
pub(crate) fn contract_type(found: &ArrowType) -> Option<DataType> {
    use ArrowType as A;
    Some(match found {
        A::Dictionary(_, values) => return contract_type(values),
        A::Int8 | A::Int16 | A::Int32 | A::UInt8 | A::UInt16 => DataType::I32,
        A::Int64 | A::UInt32 | A::UInt64 => DataType::I64,
        A::Float16 | A::Float32 | A::Float64 => DataType::F64,
        A::Utf8 | A::LargeUtf8 | A::Utf8View => DataType::Str,
        A::Boolean => DataType::Bool,
        A::Date32 => DataType::Date,
        A::Timestamp(_, Some(_)) => DataType::Timestamp,
        A::Decimal32(precision, scale) | A::Decimal64(precision, scale) | A::Decimal128(precision, scale)
            if *scale >= 0 =>
        {
            DataType::Decimal { precision: *precision, scale: *scale }
        }
        _ => return None,
    })
}

/// The type of a column that two files give different types: wider whole numbers hold narrower ones. Otherwise the first
/// file decides, and one that does not fit is refused.
fn common_type(one: &DataType, other: DataType) -> DataType {
    match (one, other) {
        (DataType::I32, DataType::I64) => DataType::I64,
        (one, _) => one.clone(),
    }
}

/// The contract with the columns that these files add; `None` if they add none. `found` has, for each file, the columns
/// that the contract does not name.
pub(crate) fn extended_by_files(contract: &Contract, found: &[(&RawFile, &ColumnNotes)]) -> Option<Contract> {
    if contract.evolution != Evolution::Evolve {
        return None;
    }
    let mut added: Vec<(String, DataType)> = Vec::new();
    for (file, notes) in found {
        if notes.extra.is_empty() {
            continue;
        }
        let types = types_of(contract.raw.format, &file.path);
        for name in notes.extra.iter().filter(|name| is_free(contract, name)) {
            let Some(data_type) =
                types.as_ref().map_or(Some(DataType::Str), |types| types.get(name).cloned())
            else {
                continue;
            };
            match added.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
                Some((_, known)) => *known = common_type(known, data_type),
                None => added.push((name.clone(), data_type)),
            }
        }
    }
    if added.is_empty() {
        return None;
    }
    Some(with_columns(contract, added))
}

pub(super) fn with_columns(contract: &Contract, added: Vec<(String, DataType)>) -> Contract {
    let mut extended = contract.clone();
    extended.columns.extend(added.into_iter().map(|(name, data_type)| added_column(&name, data_type)));
    extended
}

/// The contract with the columns that a typed source adds.
pub(crate) fn extended_by_schema(contract: &Contract, source: &Schema) -> Contract {
    let mut extended = contract.clone();
    if contract.evolution == Evolution::Evolve {
        for field in source.fields() {
            if contract.column_in_file(field.name()).is_none()
                && is_free(&extended, field.name())
                && let Some(data_type) = contract_type(field.data_type())
            {
                extended.columns.push(added_column(field.name(), data_type));
            }
        }
    }
    extended
}

/// The types of a file's columns where the file states them; `None` for formats of text.
fn types_of(format: Format, path: &Path) -> Option<BTreeMap<String, DataType>> {
    if format != Format::Parquet {
        return None;
    }
    let metadata =
        File::open(path).ok().and_then(|file| ArrowReaderMetadata::load(&file, Default::default()).ok());
    Some(metadata.map_or_else(BTreeMap::new, |metadata| {
        let fields = metadata.schema().fields();
        fields
            .iter()
            .filter_map(|field| Some((field.name().trim().to_owned(), contract_type(field.data_type())?)))
            .collect()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract() -> Contract {
        let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
        ingot_contract::load_all(&schemas).unwrap().into_iter().find(|one| one.name == "sensors").unwrap()
    }

    #[test]
    fn not_every_name_can_be_added() {
        let contract = contract();
        for name in ["", "MONTH", "Shelf_ID", "src_filename", "is_deleted", "two words", "a=b"] {
            assert!(!is_free(&contract, name), "{name}");
        }
        assert!(is_free(&contract, "größe"));
    }
}
