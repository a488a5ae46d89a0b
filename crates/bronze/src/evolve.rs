//! Columns that come and go: what a table's columns are for a load, how they grow, and what is remembered of that.
//!
//! To the readers a column that was added by a file is a column like any other: they are given the contract as it is
//! written, with such columns behind its own ([`effective`]). A file that brings a new one is read again once the column is known.

use super::read::ColumnNotes;
use super::shape::{DELETED_AT, IS_DELETED};
use ingot_contract::{AUDIT_COLUMNS, Column, Contract, DataType, Evolution, Format, RawFile};
use ingot_core::error::{Error, Result};
use ingot_lake::arrow::datatypes::{DataType as ArrowType, Field, Schema};
use ingot_lake::parquet::arrow::arrow_reader::ArrowReaderMetadata;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// What happened to one column in one load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Files have a column that the contract does not name; the table has it now.
    Added,
    /// Files have such a column, and it was left out.
    LeftOut,
    /// The contract's column is not in the files; its values are null.
    Missing,
    /// The file was refused for it.
    Refused,
    /// The contract names a column that the table did not have.
    AddedByContract,
    /// A followed source has a column from this version on that the contract knew before.
    Appeared,
    /// Values may be null from now on.
    MadeOptional,
}

impl Change {
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::LeftOut => "left_out",
            Self::Missing => "missing",
            Self::Refused => "refused",
            Self::AddedByContract => "added_by_contract",
            Self::Appeared => "appeared",
            Self::MadeOptional => "made_optional",
        }
    }
}

/// A change of one column, with the files that brought it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchemaChange {
    pub column: String,
    pub change: Change,
    /// The type of an added column, as contracts write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// The evolution mode of the contract.
    pub mode: String,
    /// The first file, in the order of their paths; empty if the contract brought it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub first_file: String,
    pub files: u64,
}

pub fn mode(contract: &Contract) -> &'static str {
    match contract.evolution {
        Evolution::Evolve => "evolve",
        Evolution::Freeze => "freeze",
        Evolution::Discard => "discard",
    }
}

/// The contract with the columns behind its own that files have added to the table. Only under `evolve`; in the other
/// modes the contract's columns are all there are.
pub fn effective(contract: &Contract, table: Option<&Schema>) -> Contract {
    let mut effective = contract.clone();
    // Files without a header have the contract's columns, and no others.
    let names_columns = contract.raw.format != Format::Csv || contract.raw.csv.header;
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
pub fn type_word(data_type: DataType) -> String {
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
        data_type,
        description: String::new(),
        required: false,
        primary_key: None,
        natural_key: false,
        references: None,
        personal: false,
        rules: Vec::new(),
    }
}

/// Whether a column of this name can be added: the name is none that the table has for something else, in any case of
/// letters (Delta and SQL do not tell them apart), and holds nothing that Delta refuses in names.
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
fn contract_type(found: &ArrowType) -> Option<DataType> {
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

/// Two files may tell the same column's type differently; wider whole numbers hold narrower ones. Otherwise the first file
/// decides, and one that does not fit is refused.
fn both(one: DataType, other: DataType) -> DataType {
    match (one, other) {
        (DataType::I32, DataType::I64) => DataType::I64,
        (one, _) => one,
    }
}

/// The contract with the columns that these files add; `None` if they add none. `found` has the columns of each file that
/// the contract does not name.
pub fn extended(contract: &Contract, found: &[(&RawFile, &ColumnNotes)]) -> Option<Contract> {
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
                types.as_ref().map_or(Some(DataType::Str), |types| types.get(name).copied())
            else {
                continue;
            };
            match added.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
                Some((_, known)) => *known = both(*known, data_type),
                None => added.push((name.clone(), data_type)),
            }
        }
    }
    if added.is_empty() {
        return None;
    }
    Some(with_columns(contract, added))
}

fn with_columns(contract: &Contract, added: Vec<(String, DataType)>) -> Contract {
    let mut extended = contract.clone();
    extended.columns.extend(added.into_iter().map(|(name, data_type)| added_column(&name, data_type)));
    extended
}

/// The contract with the columns that a typed source adds.
pub fn extended_by(contract: &Contract, source: &Schema) -> Contract {
    let mut extended = contract.clone();
    if contract.evolution == Evolution::Evolve {
        for field in source.fields() {
            if is_free(&extended, field.name())
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
            .filter_map(|field| Some((field.name().clone(), contract_type(field.data_type())?)))
            .collect()
    }))
}

/// Collects what happened to columns, one entry for each distinct change.
#[derive(Debug, Default)]
pub struct Changes {
    found: BTreeMap<(Change, String), SchemaChange>,
}

impl Changes {
    pub fn note(&mut self, contract: &Contract, change: Change, column: &str, file: &str) {
        let data_type = contract
            .column(column)
            .filter(|_| matches!(change, Change::Added | Change::AddedByContract))
            .map(|(_, column)| type_word(column.data_type));
        let entry = self.found.entry((change, column.to_owned())).or_insert_with(|| SchemaChange {
            column: column.to_owned(),
            change,
            data_type,
            mode: mode(contract).to_owned(),
            first_file: file.to_owned(),
            files: 0,
        });
        if !file.is_empty() {
            entry.files += 1;
            if file < entry.first_file.as_str() || entry.first_file.is_empty() {
                entry.first_file = file.to_owned();
            }
        }
    }

    /// What a file that was loaded had more or less than the written contract. `effective` is the contract it was loaded under.
    pub fn note_file(&mut self, written: &Contract, file: &str, notes: &ColumnNotes) {
        for column in &notes.extra {
            self.note(written, Change::LeftOut, column, file);
        }
        for column in notes.missing.iter().filter(|column| written.column(column).is_some()) {
            self.note(written, Change::Missing, column, file);
        }
    }

    pub fn into_vec(self) -> Vec<SchemaChange> {
        self.found.into_values().collect()
    }
}

/// The table's columns after a load under `wanted`; `None` if they stay as they are. The old ones keep their order and
/// type; new ones come behind and may be null, for older rows have no value there.
///
/// # Errors
/// A column whose type is another than the table's.
pub fn grown(
    contract: &Contract,
    old: &Schema,
    wanted: &Schema,
    changes: &mut Changes,
) -> Result<Option<Schema>> {
    let mut fields: Vec<Field> = Vec::with_capacity(old.fields().len());
    let mut grew = false;
    let partition = |name: &str| contract.partitions.iter().any(|partition| partition.name == name);
    for field in old.fields() {
        let new = wanted.field_with_name(field.name()).ok();
        if let Some(new) = new
            && new.data_type() != field.data_type()
        {
            let word = |found: &ArrowType| contract_type(found).map_or_else(|| found.to_string(), type_word);
            return Err(Error::new(format!(
                "the column '{}' is {} in the bronze table, and {} in the contract now",
                field.name(),
                word(field.data_type()),
                word(new.data_type())
            ))
            .at(&contract.file)
            .hint(
                "a column keeps its type; give the new one another name in the contract, \
                 or load everything anew into another lake (--lake)",
            ));
        }
        let may_be_null = new.is_none_or(Field::is_nullable) && field.name() != IS_DELETED;
        if may_be_null && !field.is_nullable() && !partition(field.name()) {
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
        if contract.column(field.name()).is_some() {
            changes.note(contract, Change::AddedByContract, field.name(), "");
        }
        grew = true;
        fields.push(field.as_ref().clone().with_nullable(true));
    }
    Ok(grew.then(|| Schema::new(fields)))
}

/// One line for a person about a change.
pub fn sentence(table: &str, change: &SchemaChange) -> String {
    let files = match change.files {
        0 => String::new(),
        1 => format!(" ({})", change.first_file),
        2 => format!(" ({} and one more file)", change.first_file),
        more => format!(" ({} and {} more files)", change.first_file, more - 1),
    };
    let column = &change.column;
    match change.change {
        Change::Added => format!(
            "{table}: the column '{column}', which the contract does not name, was added as {}{files}",
            change.data_type.as_deref().unwrap_or("str")
        ),
        Change::LeftOut if change.mode == "discard" => {
            format!("{table}: the column '{column}' is left out, as the contract says (discard){files}")
        }
        Change::LeftOut => format!(
            "{table}: the column '{column}' is left out: a table cannot have a column of this name or type{files}"
        ),
        Change::Missing => format!("{table}: no column '{column}', loaded as null{files}"),
        Change::Refused => {
            format!(
                "{table}: refused because of the column '{column}' (the contract says {}){files}",
                change.mode
            )
        }
        Change::AddedByContract => format!(
            "{table}: the contract's new column '{column}' ({}) was added; older rows have no value there",
            change.data_type.as_deref().unwrap_or_default()
        ),
        Change::Appeared => {
            format!("{table}: the column '{column}' appears; older rows have no value there{files}")
        }
        Change::MadeOptional => format!("{table}: the column '{column}' may be empty from now on"),
    }
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

    #[test]
    fn a_table_grows_at_its_end_and_keeps_its_types() {
        let contract = contract();
        let old = contract.lake_schema();
        let grown_contract = with_columns(&contract, vec![("note".to_owned(), DataType::Str)]);
        let mut changes = Changes::default();
        let new = grown(&contract, &old, &grown_contract.lake_schema(), &mut changes).unwrap().unwrap();
        assert_eq!(new.fields().last().unwrap().name(), "note");
        assert_eq!(new.fields().len(), old.fields().len() + 1);
        assert!(grown(&contract, &new, &contract.lake_schema(), &mut changes).unwrap().is_none());
        assert_eq!(effective(&contract, Some(&new)).columns.last().unwrap().name, "note");
        let mut other = contract.clone();
        other.columns[3].data_type = DataType::Str;
        let error = grown(&contract, &old, &other.lake_schema(), &mut changes).unwrap_err();
        assert!(error.message().contains("'temperature_c' is dec(5,2) in the bronze table"), "{error}");
    }
}
