//! Which columns a table has for a load: the contract's, and those that files or the source added.

use crate::check::{ColumnNotes, columns_of};
use crate::read::open_parquet;
use crate::write::{DELETED_AT, IS_DELETED};
use ingot_contract::{AUDIT_COLUMNS, Column, Contract, DataType, Evolution, Format, NAME_IN_FILES, RawFile};
use ingot_lake::arrow::datatypes::{DataType as ArrowType, Field, Schema};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

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
        if is_free(&effective, field.name()) {
            effective.columns.push(Column {
                physical_name: field.metadata().get(NAME_IN_FILES).cloned(),
                ..Column::plain(field.name(), contract_type(field.data_type()))
            });
        }
    }
    effective
}

/// A column that a file or source adds: under its own name, or under one like it that the table can have.
fn added_column(contract: &Contract, name: &str, data_type: DataType) -> Column {
    if is_free(contract, name) {
        return Column::plain(name, data_type);
    }
    let parts: Vec<&str> = name.split(REFUSED_LETTERS).filter(|part| !part.is_empty()).collect();
    let like = if parts.is_empty() { "unnamed".to_owned() } else { parts.join("_") };
    let mut free = like.clone();
    let mut number = 1;
    while !is_free(contract, &free) {
        number += 1;
        free = format!("{like}_{number}");
    }
    Column { physical_name: Some(name.to_owned()), ..Column::plain(&free, data_type) }
}

/// Whether a column of this name can be added: the table does not use the name for something else, in upper or lower case
/// (Delta and SQL do not tell them apart), and it contains nothing that Delta refuses in names.
fn is_free(contract: &Contract, name: &str) -> bool {
    let is = |other: &str| other.eq_ignore_ascii_case(name);
    is_name(name)
        && !contract.columns.iter().any(|column| is(&column.name))
        && !contract.partitions.iter().any(|partition| is(&partition.name))
        && !AUDIT_COLUMNS.iter().any(|(audit, _)| is(audit))
        && !is(IS_DELETED)
        && !is(DELETED_AT)
}

/// What Delta does not take in names: the marks of Parquet's schema language, white space, and the `=` of partition folders.
const REFUSED_LETTERS: [char; 10] = [' ', ',', ';', '{', '}', '(', ')', '\n', '\t', '='];

/// Whether Delta takes the name of a column or of a member.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(REFUSED_LETTERS)
}

/// The contract's type that holds all values of a file's. What no type of Delta holds is text: times, periods, moments
/// without a zone, decimals of more than 38 digits, structs with members whose names Delta refuses.
pub(crate) fn contract_type(found: &ArrowType) -> DataType {
    use ArrowType as A;
    match found {
        A::Dictionary(_, values) => contract_type(values),
        A::Int8 | A::Int16 | A::Int32 | A::UInt8 | A::UInt16 => DataType::I32,
        A::Int64 | A::UInt32 => DataType::I64,
        A::UInt64 => DataType::Decimal { precision: 20, scale: 0 },
        A::Float16 | A::Float32 | A::Float64 => DataType::F64,
        A::Boolean => DataType::Bool,
        A::Date32 | A::Date64 => DataType::Date,
        A::Timestamp(_, Some(_)) => DataType::Timestamp,
        A::Decimal32(precision, scale) | A::Decimal64(precision, scale) | A::Decimal128(precision, scale)
            if *scale >= 0 && i16::from(*scale) <= i16::from(*precision) =>
        {
            DataType::Decimal { precision: *precision, scale: *scale }
        }
        A::Binary | A::LargeBinary | A::BinaryView | A::FixedSizeBinary(_) => DataType::Binary,
        A::List(item)
        | A::LargeList(item)
        | A::ListView(item)
        | A::LargeListView(item)
        | A::FixedSizeList(item, _) => {
            DataType::List(Arc::new(Column::plain("element", contract_type(item.data_type()))))
        }
        A::Struct(fields) => {
            let names: Vec<String> = fields.iter().map(|field| field.name().to_lowercase()).collect();
            let fits =
                names.iter().enumerate().all(|(at, name)| is_name(name) && !names[..at].contains(name));
            if names.is_empty() || !fits {
                return DataType::Str;
            }
            let member = |field: &Arc<Field>| Column::plain(field.name(), contract_type(field.data_type()));
            DataType::Struct(fields.iter().map(member).collect())
        }
        A::Map(entries, _) => match entries.data_type() {
            A::Struct(entry) if entry.len() == 2 && !entry[0].data_type().is_nested() => DataType::Map(
                Arc::new(Column::plain("key", contract_type(entry[0].data_type()))),
                Arc::new(Column::plain("value", contract_type(entry[1].data_type()))),
            ),
            _ => DataType::Str,
        },
        _ => DataType::Str,
    }
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
        for name in &notes.extra {
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
    // Columns that can keep their names come first, so that no other takes them.
    let (keep, odd): (Vec<_>, Vec<_>) = added.into_iter().partition(|(name, _)| is_free(contract, name));
    for (name, data_type) in keep.into_iter().chain(odd) {
        let column = added_column(&extended, &name, data_type);
        extended.columns.push(column);
    }
    extended
}

/// The contract with the columns that a typed source adds.
pub(crate) fn extended_by_schema(contract: &Contract, source: &Schema) -> Contract {
    let names: Vec<String> = source.fields().iter().map(|field| field.name().clone()).collect();
    // Columns that cannot be told apart are refused when they are matched.
    if contract.evolution == Evolution::Evolve
        && let Ok(known) = columns_of(contract, &names)
    {
        let unknown = (0..names.len()).filter(|index| !known.contains(&Some(*index)));
        let added =
            unknown.map(|index| (names[index].clone(), contract_type(source.field(index).data_type())));
        return with_columns(contract, added.collect());
    }
    contract.clone()
}

/// The types of a file's columns where the file states them; `None` for formats of text.
fn types_of(format: Format, path: &Path) -> Option<BTreeMap<String, DataType>> {
    if format != Format::Parquet {
        return None;
    }
    Some(open_parquet(path).map_or_else(
        |_| BTreeMap::new(),
        |file| {
            let fields = file.schema().fields().iter();
            fields.map(|field| (field.name().trim().to_owned(), contract_type(field.data_type()))).collect()
        },
    ))
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
