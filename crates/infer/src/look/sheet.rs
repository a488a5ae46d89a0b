//! Where the table is on a sheet of a workbook.

use super::cells::{is_data, told_apart};
use super::form::{Look, plain_form};
use super::header::verdict;
use ingot_bronze::inspect::{Position, ReadError, RowSink, read_rows};
use ingot_contract::{CellRange, DataType, Format, RawFile};
use ingot_core::error::{Error, Result};

/// Columns that are looked at.
const WIDTH: usize = 512;
/// Rows that are looked at.
const ROWS: usize = 20_000;

/// A row of the sheet: its 1-based number, and the texts of its cells from column A on.
struct SheetRow {
    number: u64,
    cells: Vec<Option<String>>,
}

/// Takes the rows of a sheet as they are.
struct Cells {
    rows: Vec<SheetRow>,
    most: usize,
}

impl RowSink for Cells {
    fn no_header(
        &mut self,
        _width: Option<usize>,
    ) -> std::result::Result<Vec<(String, DataType)>, ReadError> {
        Ok((0..WIDTH).map(|index| (format!("c{index}"), DataType::Str)).collect())
    }

    fn row<'c>(
        &mut self,
        position: Position,
        _raw: &[u8],
        cell: impl Fn(usize) -> Option<&'c [u8]>,
        _is_typed: impl Fn(usize) -> bool,
    ) -> std::result::Result<(), ReadError> {
        let mut cells: Vec<Option<String>> = (0..WIDTH)
            .map(|index| cell(index).map(|text| String::from_utf8_lossy(text).into_owned()))
            .collect();
        while cells.last().is_some_and(Option::is_none) {
            cells.pop();
        }
        self.rows.push(SheetRow { number: position.line.unwrap_or(position.row), cells });
        if self.rows.len() >= self.most { Err(ReadError::Enough) } else { Ok(()) }
    }
}

/// The first rows of a sheet.
///
/// # Errors
/// The workbook cannot be read.
fn cells_of(file: &RawFile, sheet: &str, most: usize) -> Result<Vec<SheetRow>> {
    let mut form = plain_form(Format::Xlsx);
    form.sheet = Some(sheet.to_owned());
    form.place.header_rows = 0;
    let mut cells = Cells { rows: Vec::new(), most };
    read_rows(&form, file, &mut cells).map_err(|error| Error::from(error).at(&file.path))?;
    Ok(cells.rows)
}

/// Whether rows after an empty one belong to the table above it: they are as wide, and do not begin with a header.
fn goes_on(rows: &[SheetRow], wide: &impl Fn(&&SheetRow) -> bool) -> bool {
    let Some(first) = rows.first() else { return false };
    let texts: Vec<&str> = first.cells.iter().map(|cell| cell.as_deref().unwrap_or_default()).collect();
    let named: Vec<&str> = texts.iter().copied().skip_while(|text| text.is_empty()).collect();
    wide(&first) && (rows.len() == 1 || named.iter().any(|text| is_data(text) || text.is_empty()))
}

/// Looks at a sheet; `None` if it has no table.
///
/// # Errors
/// The workbook cannot be read.
pub(crate) fn look_at_sheet(file: &RawFile, sheet: &str) -> Result<Option<Look>> {
    let rows = cells_of(file, sheet, ROWS)?;
    let mut look = Look::plain(Format::Xlsx);
    look.form.sheet = Some(sheet.to_owned());
    let filled = |row: &SheetRow| row.cells.iter().flatten().count();
    // The table is what has the most cells in a row; titles and notes have one or two.
    let widest = rows.iter().map(filled).max().unwrap_or(0);
    let wide = |row: &&SheetRow| filled(row) * 2 > widest && (filled(row) > 1 || widest == 1);
    let Some(at) = rows.iter().position(|row| wide(&row)) else { return Ok(None) };
    let header = &rows[at];
    let first_column = header.cells.iter().position(Option::is_some).unwrap_or(0);
    let last_column = header.cells.len() - 1;
    let texts: Vec<&str> =
        header.cells[first_column..].iter().map(|cell| cell.as_deref().unwrap_or_default()).collect();
    // The table ends at an empty row, unless what follows is as wide as the table.
    let mut ends = None;
    let mut outside = false;
    for (index, pair) in rows.windows(2).enumerate().skip(at) {
        let has_gap = pair[1].number > pair[0].number + 1 && pair[0].number > header.number;
        if has_gap && ends.is_none() && !goes_on(&rows[index + 1..], &wide) {
            ends = Some(pair[1].number);
        }
    }
    let of_table: Vec<&SheetRow> =
        rows[at + 1..].iter().take_while(|row| ends.is_none_or(|end| row.number < end)).collect();
    for row in &of_table {
        outside |= row.cells.len() > last_column + 1
            || row.cells[..first_column.min(row.cells.len())].iter().any(Option::is_some);
    }
    let below: Vec<Vec<String>> = of_table
        .iter()
        .map(|row| row.cells.iter().skip(first_column).map(|cell| cell.clone().unwrap_or_default()).collect())
        .collect();
    let verdict = verdict(&texts, &below);
    let is_header = verdict.is_header && texts.iter().all(|text| !text.trim().is_empty());
    let second: Option<Vec<&str>> = of_table.first().map(|row| {
        row.cells
            .iter()
            .skip(first_column.min(row.cells.len()))
            .map(|cell| cell.as_deref().unwrap_or_default())
            .collect()
    });
    let has_two = texts.iter().any(|text| text.is_empty())
        && texts.iter().all(|text| !is_data(text))
        && second.is_some_and(|second| {
            second.len() >= texts.len() && second.iter().all(|text| !text.is_empty() && !is_data(text))
        })
        && below.len() > 1
        && below[1..].iter().flatten().any(|cell| is_data(cell));
    look.form.place.skip_rows = header.number - 1;
    if header.number > 1 {
        look.reasons
            .push(format!("The table begins in row {}; what is above it is not part of it.", header.number));
    }
    let mut last_column = last_column as u32;
    if has_two {
        look.form.place.header_rows = 2;
        last_column = last_column.max(of_table[0].cells.len() as u32 - 1);
        look.reasons.push(format!(
            "Rows {} and {} name the columns together.",
            header.number,
            header.number + 1
        ));
    } else if is_header {
        look.reasons.push(format!("Row {} names the columns.", header.number));
        if !verdict.is_sure {
            look.note(format!(
                "Nothing but its words tells that row {} is not a row of data; if it is one, write `header: false`.",
                header.number
            ));
        }
    } else {
        look.form.place.header_rows = 0;
        let width = of_table.iter().map(|row| row.cells.len()).max().unwrap_or(0).max(header.cells.len());
        last_column = width as u32 - 1;
        let data =
            is_data(texts.first().copied().unwrap_or_default()) || texts.iter().any(|text| is_data(text));
        let names = (first_column..width).map(|index| match header.cells.get(index) {
            Some(Some(name)) if !data => name.clone(),
            _ => format!("column_{}", index - first_column + 1),
        });
        look.own_names = Some(told_apart(names));
        if !data {
            look.form.place.skip_rows = header.number;
        }
        look.note(format!(
            "Row {} does not name each column, so they are named by their place.",
            header.number
        ));
    }
    let needs_range = first_column > 0 || outside || look.form.place.header_rows == 0;
    if needs_range {
        look.form.place.range = Some(CellRange {
            first_row: look.form.place.skip_rows as u32,
            first_column: first_column as u32,
            last_row: None,
            last_column: Some(last_column),
        });
        look.form.place.skip_rows = 0;
    }
    if let Some(end) = ends {
        look.form.place.until_empty_row = true;
        look.reasons.push(format!("The table ends at the empty row before row {end}."));
        let after = rows.iter().filter(|row| row.number >= end).filter(|row| wide(row)).count();
        if after > 0 {
            look.note(format!(
                "From row {end} on there is more that is as wide as the table; it is not loaded. If it belongs to the table, \
                 remove `tableEnd`; if it is another one, describe it in a contract of its own."
            ));
        }
    }
    Ok(Some(look))
}
