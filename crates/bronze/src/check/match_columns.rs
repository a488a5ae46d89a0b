//! A file's columns against the contract's.

use super::column_names::{assign, bare, folded, is_near, misspelled};
use crate::read_error::FileFailure;
use ingot_contract::{Column, Contract, Evolution};
use ingot_core::error::nearest;

/// How a file's columns differ from the contract's, where that did not stop the load.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ColumnNotes {
    /// The file's columns in its order; empty if each row names its own.
    pub(crate) names: Vec<String>,
    /// In the file but not in the contract, without white space around the name: left out.
    pub(crate) extra: Vec<String>,
    /// In the contract but not in the file: null.
    pub(crate) missing: Vec<String>,
    /// Written differently in the file (case, white space, Unicode form): the file's name, then the contract's.
    pub(crate) respelled: Vec<(String, String)>,
}

/// As [`match_columns`], for the header of a file of cells: columns without a name belong to no column of the contract.
///
/// # Errors
/// As [`match_columns`], with `HEADER_MISSING` in place of `COLUMNS_UNKNOWN`: such a header is most likely a row.
pub(crate) fn match_header(
    contract: &Contract,
    names: &[String],
) -> Result<(Vec<Option<usize>>, ColumnNotes), FileFailure> {
    let places: Vec<usize> = (0..names.len()).filter(|index| !names[*index].is_empty()).collect();
    let named: Vec<String> = places.iter().map(|place| names[*place].clone()).collect();
    let (source, mut notes) = match_columns(contract, &named)
        .map_err(|failure| if failure.code == UNKNOWN { missing_header(names) } else { failure })?;
    notes.names = names.to_vec();
    Ok((source.into_iter().map(|index| index.map(|index| places[index])).collect(), notes))
}

/// For each of the contract's columns its index among these names, of which any may be missing.
///
/// # Errors
/// `COLUMN_AMBIGUOUS`.
pub(crate) fn columns_of<'c>(
    contract: &'c Contract,
    names: &[String],
) -> Result<Vec<Option<usize>>, FileFailure> {
    // A file may name a column by its `physicalName` instead, in which case that is the name to look for.
    let has = |wanted: &str| {
        names
            .iter()
            .any(|name| name == wanted)
            .then_some(2)
            .or_else(|| names.iter().any(|name| folded(name) == folded(wanted)).then_some(1))
            .unwrap_or(0)
    };
    let in_file = |column: &'c Column| match &column.physical_name {
        Some(physical) if has(physical) > has(&column.name) => physical.as_str(),
        _ => column.name.as_str(),
    };
    let wanted: Vec<&str> = contract.columns.iter().map(in_file).collect();
    assign(&wanted, names, contract.evolution != Evolution::Discard)
}

/// The code of a file whose names are all unknown.
const UNKNOWN: &str = "COLUMNS_UNKNOWN";

fn missing_header(names: &[String]) -> FileFailure {
    let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
    FileFailure::new(
        "HEADER_MISSING",
        format!(
            "the header names none of the contract's columns: it begins with {}; if it is a row of data, write `header: false` in the contract",
            shown.join(", ")
        ),
    )
}

/// No name of the file is one of the contract's.
pub(super) fn all_unknown<'n>(names: impl Iterator<Item = &'n String>) -> FileFailure {
    let shown: Vec<String> = names.take(5).map(|name| format!("'{name}'")).collect();
    FileFailure::new(
        UNKNOWN,
        format!("the file has none of the contract's columns: its own begin with {}", shown.join(", ")),
    )
}

/// For each of the contract's columns its index in the file.
///
/// # Errors
/// `COLUMN_TWICE`, `COLUMN_AMBIGUOUS`; `COLUMNS_UNKNOWN` if not one is in the contract; `COLUMN_MISSING` for a required
/// column, and for any column whose name is nearly that of an unknown one; and what the evolution mode `freeze` forbids.
pub(crate) fn match_columns(
    contract: &Contract,
    names: &[String],
) -> Result<(Vec<Option<usize>>, ColumnNotes), FileFailure> {
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            return Err(FileFailure::new("COLUMN_TWICE", format!("the file has two columns '{name}'")));
        }
    }
    let source = columns_of(contract, names)?;
    let in_path = |name: &str| contract.raw.path_names(name);
    if source.iter().all(Option::is_none) && !contract.columns.iter().all(|column| in_path(&column.name)) {
        return Err(all_unknown(names.iter()));
    }
    let mut notes = ColumnNotes { names: names.to_vec(), ..ColumnNotes::default() };
    let unknown: Vec<&String> =
        (0..names.len()).filter(|index| !source.contains(&Some(*index))).map(|index| &names[index]).collect();
    for (column, index) in contract.columns.iter().zip(&source) {
        if let Some(index) = index {
            if names[*index] != column.name && column.physical_name.as_ref() != Some(&names[*index]) {
                notes.respelled.push((names[*index].clone(), column.name.clone()));
            }
            continue;
        }
        if in_path(&column.name) {
            continue;
        }
        if let Some(found) = unknown.iter().find(|name| is_near(&column.name, name)) {
            return Err(misspelled(&column.name, found));
        }
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
    for name in unknown {
        if contract.evolution == Evolution::Freeze {
            return Err(FileFailure::new(
                "COLUMN_UNKNOWN",
                format!("the contract is frozen and has no column '{name}'; name it there, or set `evolution` to something else than freeze"),
            )
            .of_column(name));
        }
        notes.extra.push(bare(name).to_owned());
    }
    Ok((source, notes))
}
