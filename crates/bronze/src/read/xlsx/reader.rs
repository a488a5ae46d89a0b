//! Rows of an Excel workbook. The first row that is not empty is the header; empty rows are skipped. A formula counts
//! as the value that was stored with it; of merged cells only the first has the value.
//!
//! Excel's dates have no offset from UTC: a date with a time of day is taken as UTC.

use super::archive;
use crate::read::row_sink::RowSink;
use crate::read_error::{FileFailure, ReadError};
use crate::row::{Position, Reason};
use calamine::{DataRef, Reader as _, Xlsx};
use ingot_contract::DataType;
use std::io::BufReader;
use std::path::Path;

/// Begins the name of a cell outside the header's columns, in the raw text of its row.
pub(crate) const OUTSIDE_HEADER: &str = "(column ";

pub(crate) struct XlsxReader<'p> {
    path: &'p Path,
    /// The sheet to read; the first if `None`.
    sheet: Option<&'p str>,
}

/// The content of a cell, before its column's type is known.
enum Found {
    Text(String),
    Number(f64),
    /// Year, month, day, hour, minute, second, millisecond.
    Moment {
        civil: (u16, u8, u8, u8, u8, u8, u16),
    },
    Error(String),
}

impl<'p> XlsxReader<'p> {
    pub(crate) fn new(path: &'p Path, sheet: Option<&'p str>) -> Self {
        Self { path, sheet }
    }

    pub(crate) fn read<S: RowSink>(self, sink: &mut S) -> Result<(), ReadError> {
        let file = archive::open(self.path)?;
        let broken = |error: &dyn std::fmt::Display| FileFailure::new("NOT_A_WORKBOOK", error.to_string());
        let mut workbook: Xlsx<_> = Xlsx::new(BufReader::new(file)).map_err(|error| broken(&error))?;
        let sheet = self.sheet_among(&workbook.sheet_names())?;
        let mut cells = workbook.worksheet_cells_reader(&sheet).map_err(|error| broken(&error))?;
        let mut rows = Rows { header: None, row: 0 };
        let mut pending: Vec<(u32, Found)> = Vec::new();
        let mut pending_row = 0;
        while let Some(cell) = cells.next_cell().map_err(|error| broken(&error))? {
            let (row, column) = cell.get_position();
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
        if rows.header.is_none() {
            return Err(FileFailure::new("EMPTY_FILE", format!("the sheet '{sheet}' has no header")).into());
        }
        Ok(())
    }

    fn sheet_among(&self, sheets: &[String]) -> Result<String, FileFailure> {
        let missing = |message: String| FileFailure::new("SHEET_MISSING", message);
        match self.sheet {
            Some(wanted) => sheets.iter().find(|name| *name == wanted).cloned().ok_or_else(|| {
                missing(format!("there is no sheet '{wanted}'; the workbook has: {}", sheets.join(", ")))
            }),
            None => sheets.first().cloned().ok_or_else(|| missing("the workbook has no sheets".to_owned())),
        }
    }
}

struct Header {
    names: Vec<String>,
    /// The sheet's column of each name.
    places: Vec<u32>,
    /// What the text of each column will be read as, where that is known.
    types: Vec<Option<DataType>>,
}

impl Header {
    /// The row as a JSON object, in place of the raw text that workbooks do not have. A cell outside the header's columns
    /// is named by the letters of its column.
    fn raw_text(&self, cells: &[(u32, Found)]) -> String {
        let text = |found: &Found| serde_json::Value::from(found.text(&DataType::Str));
        let mut raw = serde_json::Map::new();
        for (name, place) in self.names.iter().zip(&self.places) {
            let cell = cells.iter().find(|(at, _)| at == place);
            raw.insert(name.clone(), cell.map_or(serde_json::Value::Null, |(_, found)| text(found)));
        }
        for (place, found) in cells.iter().filter(|(place, _)| !self.places.contains(place)) {
            raw.insert(format!("{OUTSIDE_HEADER}{})", letters(*place)), text(found));
        }
        serde_json::Value::Object(raw).to_string()
    }
}

/// 0 is A, 26 is AA.
fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

struct Rows {
    header: Option<Header>,
    row: u64,
}

impl Rows {
    fn take<S: RowSink>(
        &mut self,
        sheet_row: u32,
        cells: Vec<(u32, Found)>,
        sink: &mut S,
    ) -> Result<(), ReadError> {
        let Some(header) = &self.header else {
            let names: Vec<String> = cells.iter().map(|(_, found)| found.text(&DataType::Str)).collect();
            let types = sink.header(&names)?;
            let places = cells.iter().map(|(place, _)| *place).collect();
            self.header = Some(Header { names, places, types });
            return Ok(());
        };
        self.row += 1;
        let position = Position { row: self.row, line: Some(u64::from(sheet_row) + 1), byte_offset: None };
        let mut reasons = Vec::new();
        for (place, found) in &cells {
            if !header.places.contains(place) {
                reasons.push(Reason::of_row("RAGGED_ROW", "no cell outside the columns of the header"));
            }
            if let Found::Error(text) = found {
                let mut reason = Reason::of_row("CELL_ERROR", "a value, not an error of the workbook");
                reason.value = Some(text.clone());
                reasons.push(reason);
            }
        }
        let raw = header.raw_text(&cells);
        if !reasons.is_empty() {
            return sink.bad_row(position, raw.as_bytes(), reasons);
        }
        let texts: Vec<Option<String>> = header
            .places
            .iter()
            .zip(&header.types)
            .map(|(place, data_type)| {
                let (_, found) = cells.iter().find(|(at, _)| at == place)?;
                Some(found.text(data_type.as_ref().unwrap_or(&DataType::Str)))
            })
            .collect();
        sink.row(position, raw.as_bytes(), |index| texts[index].as_deref().map(str::as_bytes))
    }
}

fn found(value: &DataRef<'_>) -> Option<Found> {
    Some(match value {
        DataRef::Empty => return None,
        DataRef::String(text) if text.is_empty() => return None,
        DataRef::SharedString("") => return None,
        DataRef::String(text) => Found::Text(text.clone()),
        DataRef::SharedString(text) => Found::Text((*text).to_owned()),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Found::Text(text.clone()),
        DataRef::Int(number) => Found::Text(number.to_string()),
        DataRef::Float(number) => Found::Number(*number),
        DataRef::Bool(value) => Found::Text(value.to_string()),
        DataRef::DateTime(moment) if moment.is_datetime() => {
            Found::Moment { civil: moment.to_ymd_hms_milli() }
        }
        DataRef::DateTime(duration) => Found::Number(duration.as_f64()),
        DataRef::Error(error) => Found::Error(error.to_string()),
    })
}

impl Found {
    /// The text to which the rules of the column's type are applied.
    fn text(&self, data_type: &DataType) -> String {
        match self {
            Self::Text(text) | Self::Error(text) => text.clone(),
            // The shortest text that gives the same number back: 0.65, not 0.65000000000000002.
            Self::Number(number) => number.to_string(),
            Self::Moment { civil: (year, month, day, hour, minute, second, milli) } => {
                let midnight = (*hour, *minute, *second, *milli) == (0, 0, 0, 0);
                if midnight && *data_type != DataType::Timestamp {
                    format!("{year:04}-{month:02}-{day:02}")
                } else {
                    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
                }
            }
        }
    }
}
