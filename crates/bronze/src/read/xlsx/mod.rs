//! Excel workbooks, a row at a time. The first row with anything in it is the header; rows with nothing in
//! them are no rows. A formula counts as the value that was stored with it; of merged cells the first one alone has
//! the value.
//!
//! Excel knows no offsets: a date with a time of day is taken as UTC.

mod archive;

use super::super::intake::{FileFailure, Intake, Stop};
use super::super::rejects::{Position, Reason};
use super::super::row_text::OUTSIDE;
use super::{ColumnNotes, Reader, match_columns};
use calamine::{DataRef, Reader as _, Xlsx};
use ingot_contract::{Contract, DataType};
use std::io::BufReader;
use std::path::Path;

pub struct XlsxReader<'p> {
    path: &'p Path,
}

impl<'p> XlsxReader<'p> {
    pub fn new(path: &'p Path) -> Self {
        Self { path }
    }
}

/// A cell of a row: what stands in it, before its column's type is known.
enum Found {
    Text(String),
    Number(f64),
    /// Year, month, day, hour, minute, second, millisecond.
    Moment {
        civil: (u16, u8, u8, u8, u8, u8, u16),
    },
    Error(String),
}

impl Reader for XlsxReader<'_> {
    fn read(&mut self, contract: &Contract, intake: &mut Intake<'_>) -> Result<ColumnNotes, Stop> {
        let file = archive::open(self.path)?;
        let broken = |error: &dyn std::fmt::Display| FileFailure::new("NOT_A_WORKBOOK", error.to_string());
        let mut workbook: Xlsx<_> = Xlsx::new(BufReader::new(file)).map_err(|error| broken(&error))?;
        let sheets = workbook.sheet_names();
        let sheet = match &contract.raw.sheet {
            Some(wanted) => sheets.iter().find(|name| *name == wanted).cloned().ok_or_else(|| {
                FileFailure::new(
                    "SHEET_MISSING",
                    format!("no sheet '{wanted}'; there are: {}", sheets.join(", ")),
                )
            })?,
            None => {
                sheets.first().cloned().ok_or_else(|| FileFailure::new("SHEET_MISSING", "no sheet at all"))?
            }
        };
        let mut cells = workbook.worksheet_cells_reader(&sheet).map_err(|error| broken(&error))?;
        let mut rows = Rows { contract, header: None, notes: ColumnNotes::default(), row: 0 };
        let mut pending: Vec<(u32, Found)> = Vec::new();
        let mut pending_row = 0;
        while let Some(cell) = cells.next_cell().map_err(|error| broken(&error))? {
            let (row, column) = cell.get_position();
            if row != pending_row && !pending.is_empty() {
                rows.take(pending_row, std::mem::take(&mut pending), intake)?;
            }
            pending_row = row;
            if let Some(found) = found(cell.get_value()) {
                pending.push((column, found));
            }
        }
        if !pending.is_empty() {
            rows.take(pending_row, pending, intake)?;
        }
        if rows.header.is_none() {
            return Err(FileFailure::new("EMPTY_FILE", format!("the sheet '{sheet}' has no header")).into());
        }
        Ok(rows.notes)
    }
}

struct Header {
    names: Vec<String>,
    /// The sheet's column of each name.
    places: Vec<u32>,
    /// For each of the contract's columns its index among the names.
    source: Vec<Option<usize>>,
}

impl Header {
    /// The row as a JSON object, which stands for the raw text that workbooks do not have. A cell outside the
    /// header's columns goes by the letters of its column.
    fn raw_text(&self, cells: &[(u32, Found)]) -> String {
        let text = |found: &Found| serde_json::Value::from(found.text(DataType::Str));
        let mut raw = serde_json::Map::new();
        for (name, place) in self.names.iter().zip(&self.places) {
            let cell = cells.iter().find(|(at, _)| at == place);
            raw.insert(name.clone(), cell.map_or(serde_json::Value::Null, |(_, found)| text(found)));
        }
        for (place, found) in cells.iter().filter(|(place, _)| !self.places.contains(place)) {
            raw.insert(format!("{OUTSIDE}{})", letters(*place)), text(found));
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

struct Rows<'c> {
    contract: &'c Contract,
    header: Option<Header>,
    notes: ColumnNotes,
    row: u64,
}

impl Rows<'_> {
    fn take(
        &mut self,
        sheet_row: u32,
        cells: Vec<(u32, Found)>,
        intake: &mut Intake<'_>,
    ) -> Result<(), Stop> {
        let Some(header) = &self.header else {
            let names: Vec<String> = cells.iter().map(|(_, found)| found.text(DataType::Str)).collect();
            let (source, notes) = match_columns(self.contract, &names)?;
            self.notes = notes;
            let places = cells.iter().map(|(place, _)| *place).collect();
            self.header = Some(Header { names, places, source });
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
        let texts: Vec<Option<String>> = self
            .contract
            .columns
            .iter()
            .zip(&header.source)
            .map(|(column, index)| {
                let place = header.places[(*index)?];
                let (_, found) = cells.iter().find(|(at, _)| *at == place)?;
                Some(found.text(column.data_type))
            })
            .collect();
        let raw = header.raw_text(&cells);
        if !reasons.is_empty() {
            return intake.reject(position, raw.as_bytes(), reasons);
        }
        intake.row(position, raw.as_bytes(), |column| texts[column].as_deref().map(str::as_bytes))
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
    /// The text that the rules of the column's type are applied to.
    fn text(&self, data_type: DataType) -> String {
        match self {
            Self::Text(text) | Self::Error(text) => text.clone(),
            // The shortest text that gives the same number back: 0.65, not 0.65000000000000002.
            Self::Number(number) => number.to_string(),
            Self::Moment { civil: (year, month, day, hour, minute, second, milli) } => {
                let midnight = (*hour, *minute, *second, *milli) == (0, 0, 0, 0);
                if midnight && data_type != DataType::Timestamp {
                    format!("{year:04}-{month:02}-{day:02}")
                } else {
                    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
                }
            }
        }
    }
}
