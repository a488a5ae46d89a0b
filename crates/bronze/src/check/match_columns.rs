//! A file's columns against the contract's.

use crate::read_error::FileFailure;
use ingot_contract::{Contract, Evolution, Format};
use ingot_core::error::nearest;

/// How a file's columns differ from the contract's, where that did not stop the load.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ColumnNotes {
    /// The file's columns in its order; empty if each row names its own.
    pub(crate) names: Vec<String>,
    /// In the file but not in the contract: left out.
    pub(crate) extra: Vec<String>,
    /// In the contract but not in the file: null.
    pub(crate) missing: Vec<String>,
}

/// As [`match_columns`], for the header of a file of cells: columns without a name belong to no column of the contract,
/// and a CSV header that names none of the contract's columns is most likely a row.
///
/// # Errors
/// As [`match_columns`], and `HEADER_MISSING`.
pub(crate) fn match_header(
    contract: &Contract,
    names: &[String],
) -> Result<(Vec<Option<usize>>, ColumnNotes), FileFailure> {
    if contract.raw.format == Format::Csv && names.iter().all(|name| contract.column(name).is_none()) {
        return Err(missing_header(names));
    }
    let places: Vec<usize> = (0..names.len()).filter(|index| !names[*index].is_empty()).collect();
    let named: Vec<String> = places.iter().map(|place| names[*place].clone()).collect();
    let (source, mut notes) = match_columns(contract, &named)?;
    notes.names = names.to_vec();
    Ok((source.into_iter().map(|index| index.map(|index| places[index])).collect(), notes))
}

fn missing_header(names: &[String]) -> FileFailure {
    let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
    FileFailure::new(
        "HEADER_MISSING",
        format!(
            "the first line names none of the contract's columns: it begins with {}; if it is a row of data, write `header: false` in the contract",
            shown.join(", ")
        ),
    )
}

/// For each of the contract's columns its index in the file.
///
/// # Errors
/// `COLUMN_TWICE`; `COLUMN_MISSING` for a required column; and what the evolution mode `freeze` forbids.
pub(crate) fn match_columns(
    contract: &Contract,
    names: &[String],
) -> Result<(Vec<Option<usize>>, ColumnNotes), FileFailure> {
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            return Err(FileFailure::new("COLUMN_TWICE", format!("the file has two columns '{name}'")));
        }
    }
    let mut notes = ColumnNotes { names: names.to_vec(), ..ColumnNotes::default() };
    let mut source = Vec::with_capacity(contract.columns.len());
    for column in &contract.columns {
        let index = names.iter().position(|name| *name == column.name);
        if index.is_none() && !contract.raw.path_names(&column.name) {
            if column.required || contract.evolution == Evolution::Freeze {
                let near = nearest(&column.name, names.iter().map(String::as_str))
                    .map(|near| format!(" (there is '{near}')"))
                    .unwrap_or_default();
                return Err(FileFailure::new(
                    "COLUMN_MISSING",
                    format!("the file has no column '{}'{near}", column.name),
                )
                .of_column(&column.name));
            }
            notes.missing.push(column.name.clone());
        }
        source.push(index);
    }
    for name in names {
        if contract.column(name).is_none() {
            if contract.evolution == Evolution::Freeze {
                return Err(FileFailure::new(
                    "COLUMN_UNKNOWN",
                    format!("the contract is frozen and has no column '{name}'"),
                )
                .of_column(name));
            }
            notes.extra.push(name.clone());
        }
    }
    Ok((source, notes))
}
