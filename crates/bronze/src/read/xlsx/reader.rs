//! Rows of an Excel workbook. The first row that is not empty is the header, unless the contract says where the table is;
//! empty rows are skipped. A formula counts as the value that was stored with it; of merged cells only the first has the
//! value.
//!
//! Excel's dates have no offset from UTC: a date with a time of day is taken as UTC, or as a local time in the zone
//! that the contract names.

use super::archive;
use super::cells::{Found, found};
use super::place::{Place, place_of};
use super::rows::Rows;
use crate::read::row_sink::RowSink;
use crate::read_error::{FileFailure, ReadError};
use calamine::{Reader as _, Xlsx};
use ingot_contract::RawForm;
use std::io::BufReader;
use std::path::Path;

pub(crate) struct XlsxReader<'p> {
    path: &'p Path,
    form: &'p RawForm,
}

/// The names of the workbook's sheets, in their order.
pub(crate) fn sheet_names(path: &Path) -> Result<Vec<String>, FileFailure> {
    let file = archive::open(path)?;
    let workbook: Xlsx<_> = Xlsx::new(BufReader::new(file))
        .map_err(|error| FileFailure::new("NOT_A_WORKBOOK", error.to_string()))?;
    Ok(workbook.sheet_names())
}

impl<'p> XlsxReader<'p> {
    pub(crate) fn new(path: &'p Path, form: &'p RawForm) -> Self {
        Self { path, form }
    }

    pub(crate) fn read<S: RowSink>(self, sink: &mut S) -> Result<(), ReadError> {
        let file = archive::open(self.path)?;
        let broken = |error: &dyn std::fmt::Display| FileFailure::new("NOT_A_WORKBOOK", error.to_string());
        let mut workbook: Xlsx<_> = Xlsx::new(BufReader::new(file)).map_err(|error| broken(&error))?;
        let Place { sheet, range } = place_of(&mut workbook, self.form)?;
        let skipped = self.form.place.skip_rows;
        let is_in = |row: u32, column: u32| {
            u64::from(row) >= skipped && range.is_none_or(|range| range.contains(row, column))
        };
        let mut cells = workbook.worksheet_cells_reader(&sheet).map_err(|error| broken(&error))?;
        let mut rows = Rows::new(&self.form.place, range.map_or(0, |range| range.first_column), sink)?;
        let mut pending: Vec<(u32, Found)> = Vec::new();
        let mut pending_row = 0;
        while let Some(cell) = cells.next_cell().map_err(|error| broken(&error))? {
            let (row, column) = cell.get_position();
            if !is_in(row, column) {
                continue;
            }
            if row != pending_row && !pending.is_empty() {
                rows.take(pending_row, std::mem::take(&mut pending), sink)?;
            }
            pending_row = row;
            if let Some(found) = found(cell.get_value()) {
                pending.push((column, found));
            }
        }
        if !pending.is_empty() {
            rows.take(pending_row, pending, sink)?;
        }
        rows.finish(&sheet, sink)
    }
}
