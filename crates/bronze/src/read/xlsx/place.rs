//! Which sheet of a workbook has the table, and in which cells.

use crate::read_error::FileFailure;
use calamine::{Reader as _, Xlsx};
use ingot_contract::{CellRange, RawForm};
use std::io::{Read, Seek};

pub(super) struct Place {
    pub(super) sheet: String,
    pub(super) range: Option<CellRange>,
}

/// # Errors
/// `SHEET_MISSING` and `SHEET_AMBIGUOUS`.
pub(super) fn place_of<R: Read + Seek>(workbook: &mut Xlsx<R>, form: &RawForm) -> Result<Place, FileFailure> {
    if let Some(name) = &form.place.table {
        return named(workbook, name);
    }
    let sheets = workbook.sheet_names();
    let sheet = match form.place.sheet_number {
        Some(number) => sheets.get(number - 1).cloned().ok_or_else(|| {
            missing(format!("there is no sheet {number}; the workbook has: {}", sheets.join(", ")))
        })?,
        None => sheet_among(&sheets, form.sheet.as_deref())?,
    };
    Ok(Place { sheet, range: form.place.range })
}

fn sheet_among(sheets: &[String], wanted: Option<&str>) -> Result<String, FileFailure> {
    let Some(wanted) = wanted else {
        return sheets.first().cloned().ok_or_else(|| missing("the workbook has no sheets".to_owned()));
    };
    if let Some(sheet) = sheets.iter().find(|name| *name == wanted) {
        return Ok(sheet.clone());
    }
    let fitting: Vec<&String> = sheets.iter().filter(|name| fits(name, wanted)).collect();
    match fitting.as_slice() {
        [sheet] => Ok((*sheet).clone()),
        [] => Err(missing(format!("there is no sheet '{wanted}'; the workbook has: {}", sheets.join(", ")))),
        [one, other, ..] => Err(FileFailure::new(
            "SHEET_AMBIGUOUS",
            format!("the sheets '{one}' and '{other}' both fit '{wanted}'"),
        )),
    }
}

/// Whether a name fits a pattern in which `*` is any text.
fn fits(name: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// The table of this name, or the range that the workbook calls so.
fn named<R: Read + Seek>(workbook: &mut Xlsx<R>, name: &str) -> Result<Place, FileFailure> {
    let broken = |error: calamine::XlsxError| FileFailure::new("NOT_A_WORKBOOK", error.to_string());
    workbook.load_tables().map_err(broken)?;
    let tables: Vec<String> = workbook.table_names().into_iter().cloned().collect();
    if let Some(table) = tables.iter().find(|table| table.eq_ignore_ascii_case(name)) {
        let table = workbook.table_by_name(table).map_err(broken)?;
        let sheet = table.sheet_name().to_owned();
        let Some(((first_row, first_column), (last_row, last_column))) =
            table.data().start().zip(table.data().end())
        else {
            return Err(FileFailure::new("EMPTY_FILE", format!("the table '{name}' has no rows")));
        };
        // The names of the columns are in the row above the data.
        let range = CellRange {
            first_row: first_row.saturating_sub(1),
            first_column,
            last_row: Some(last_row),
            last_column: Some(last_column),
        };
        return Ok(Place { sheet, range: Some(range) });
    }
    let defined = workbook.defined_names();
    let place =
        defined.iter().find(|(defined, _)| defined.eq_ignore_ascii_case(name)).and_then(|(_, formula)| {
            let (sheet, range) = formula.trim_start_matches('=').rsplit_once('!')?;
            let sheet = match sheet.strip_prefix('\'').and_then(|sheet| sheet.strip_suffix('\'')) {
                Some(quoted) => quoted.replace("''", "'"),
                None => sheet.to_owned(),
            };
            Some(Place { sheet, range: Some(CellRange::parse(range)?) })
        });
    place.ok_or_else(|| {
        let names: Vec<&str> =
            tables.iter().map(String::as_str).chain(defined.iter().map(|(name, _)| name.as_str())).collect();
        missing(format!("there is no table or range named '{name}'; the workbook has: {}", names.join(", ")))
    })
}

fn missing(message: String) -> FileFailure {
    FileFailure::new("SHEET_MISSING", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (name, pattern) in [("Sales 2024", "Sales *"), ("a-b-c", "*b*"), ("abc", "a*c"), ("x", "x")] {
            assert!(fits(name, pattern), "{name} {pattern}");
        }
        for (name, pattern) in [("Sales", "Sales *"), ("abc", "b*"), ("ab", "ab*b"), ("x", "y")] {
            assert!(!fits(name, pattern), "{name} {pattern}");
        }
    }
}
