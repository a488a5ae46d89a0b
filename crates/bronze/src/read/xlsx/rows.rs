//! The rows of a sheet: which name the columns, which belong to the table, and their cells as texts.

use super::cells::{Found, Kind, json_text, letters};
use crate::read::footer_row::{is_like_a_row, reason};
use crate::read::header_rows::{ROWS_SEARCHED, found_at, is_likely, is_no_header, joined};
use crate::read::row_sink::RowSink;
use crate::read_error::{FileFailure, ReadError};
use crate::row::{Position, Reason};
use ingot_contract::{DataType, TablePlace};
use std::collections::VecDeque;

/// Begins the name of a cell outside the header's columns, in the raw text of its row.
pub(crate) const OUTSIDE_HEADER: &str = "(column ";

struct Header {
    names: Vec<String>,
    /// The sheet's column of each name.
    places: Vec<u32>,
    kinds: Vec<Kind>,
}

impl Header {
    /// `types` are what the text of each column will be read as, where that is known.
    fn new<S: RowSink>(
        names: Vec<String>,
        places: Vec<u32>,
        types: impl IntoIterator<Item = Option<DataType>>,
        sink: &S,
    ) -> Self {
        let kind = |(name, data_type): (&String, Option<DataType>)| Kind {
            is_timestamp: data_type == Some(DataType::Timestamp),
            is_local: sink.has_local_time(name),
        };
        let kinds = names.iter().zip(types).map(kind).collect();
        Self { names, places, kinds }
    }

    /// The row as a JSON object, in place of the raw text that workbooks do not have: numbers are numbers, anything else is
    /// text. A cell outside the header's columns is named by the letters of its column.
    fn raw_text(&self, cells: &[(u32, Found)]) -> String {
        let mut raw = String::from("{");
        let mut push = |name: &str, value: &str| {
            if raw.len() > 1 {
                raw.push(',');
            }
            raw.push_str(&json_text(name));
            raw.push(':');
            raw.push_str(value);
        };
        for ((name, place), kind) in self.names.iter().zip(&self.places).zip(&self.kinds) {
            match cells.iter().find(|(at, _)| at == place) {
                Some((_, found)) => push(name, &found.json(*kind)),
                None => push(name, "null"),
            }
        }
        for (place, found) in cells.iter().filter(|(place, _)| !self.places.contains(place)) {
            push(&format!("{OUTSIDE_HEADER}{})", letters(*place)), &found.json(Kind::TEXT));
        }
        raw.push('}');
        raw
    }
}

/// Rows of a sheet, of which the first name the columns.
pub(super) struct Rows<'p> {
    place: &'p TablePlace,
    header: Option<Header>,
    /// The rows of the header so far: their places in the sheet and what they hold.
    names: Vec<Vec<(u32, String)>>,
    /// Why the row that was taken as the header is not the header, and how many rows were searched since.
    refused: Option<(FileFailure, usize)>,
    row: u64,
    /// The sheet's row before; rows between are empty.
    last_row: u32,
    has_ended: bool,
    /// Rows at the end that may not belong to the table.
    held: VecDeque<(u32, Vec<(u32, Found)>)>,
}

impl<'p> Rows<'p> {
    /// `first_column` is where the columns begin if no row names them.
    pub(super) fn new<S: RowSink>(
        place: &'p TablePlace,
        first_column: u32,
        sink: &mut S,
    ) -> Result<Self, ReadError> {
        let header = if place.header_rows > 0 {
            None
        } else {
            let (names, types): (Vec<_>, Vec<_>) = sink.no_header(None)?.into_iter().unzip();
            let places = (first_column..).take(names.len()).collect();
            Some(Header::new(names, places, types.into_iter().map(Some), sink))
        };
        Ok(Self {
            place,
            header,
            names: Vec::new(),
            refused: None,
            row: 0,
            last_row: 0,
            has_ended: false,
            held: VecDeque::new(),
        })
    }

    /// Takes the next row that is not empty.
    pub(super) fn take<S: RowSink>(
        &mut self,
        sheet_row: u32,
        cells: Vec<(u32, Found)>,
        sink: &mut S,
    ) -> Result<(), ReadError> {
        if let Some((failure, searched)) = &mut self.refused {
            let names = texts(&cells);
            *searched += 1;
            if is_likely(sink, &names) {
                return Err(found_at(failure.clone(), u64::from(sheet_row) + 1, &names).into());
            }
            return if *searched >= ROWS_SEARCHED { Err(failure.clone().into()) } else { Ok(()) };
        }
        if self.header.is_none() {
            return self.take_names(cells, sink);
        }
        let follows_data = self.row > 0 || !self.held.is_empty();
        if self.place.until_empty_row && follows_data && sheet_row > self.last_row + 1 {
            self.has_ended = true;
        }
        self.last_row = sheet_row;
        if self.has_ended {
            return Ok(());
        }
        self.held.push_back((sheet_row, cells));
        if self.held.len() > self.place.footer_rows
            && let Some((sheet_row, cells)) = self.held.pop_front()
        {
            return self.take_data(sheet_row, &cells, false, sink);
        }
        Ok(())
    }

    /// Ends the sheet. Rows of the footer that fit the table are rejected.
    ///
    /// # Errors
    /// `EMPTY_FILE`, or why a row that should have been the header was not one.
    pub(super) fn finish<S: RowSink>(mut self, sheet: &str, sink: &mut S) -> Result<(), ReadError> {
        if let Some((failure, _)) = self.refused {
            return Err(failure.into());
        }
        if self.header.is_none() {
            return Err(FileFailure::new("EMPTY_FILE", format!("the sheet '{sheet}' has no header")).into());
        }
        for (sheet_row, cells) in std::mem::take(&mut self.held) {
            self.take_data(sheet_row, &cells, true, sink)?;
        }
        Ok(())
    }

    fn take_names<S: RowSink>(&mut self, cells: Vec<(u32, Found)>, sink: &mut S) -> Result<(), ReadError> {
        self.names.push(cells.iter().map(|(place, found)| (*place, found.text(Kind::TEXT))).collect());
        if self.names.len() < self.place.header_rows {
            return Ok(());
        }
        let mut places: Vec<u32> = self.names.iter().flatten().map(|(place, _)| *place).collect();
        places.sort_unstable();
        places.dedup();
        let at = |row: &Vec<(u32, String)>, place: &u32| {
            row.iter().find(|(found, _)| found == place).map(|(_, name)| name.clone()).unwrap_or_default()
        };
        let rows = self.names.iter().map(|row| places.iter().map(|place| at(row, place)).collect());
        let rows: Vec<Vec<String>> = rows.collect();
        let names = if rows.len() == 1 { rows.into_iter().flatten().collect() } else { joined(rows) };
        match sink.header(&names) {
            Ok(types) => self.header = Some(Header::new(names, places, types, sink)),
            Err(ReadError::File(failure)) if is_no_header(&failure) => self.refused = Some((failure, 0)),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Takes a row, or one that may only be of the footer.
    fn take_data<S: RowSink>(
        &mut self,
        sheet_row: u32,
        cells: &[(u32, Found)],
        is_footer: bool,
        sink: &mut S,
    ) -> Result<(), ReadError> {
        let Some(header) = &self.header else { return Ok(()) };
        self.row += 1;
        let position = Position { row: self.row, line: Some(u64::from(sheet_row) + 1), byte_offset: None };
        let mut reasons = Vec::new();
        for (place, found) in cells {
            if !header.places.contains(place) {
                reasons.push(Reason::of_row("RAGGED_ROW", "no cell outside the columns of the header; or set `range` in the contract to the cells of the table"));
            }
            let column = header.places.iter().position(|at| at == place).map(|index| &header.names[index]);
            if let Found::Error(text) = found
                && !column.is_some_and(|column| sink.is_null_text(column, text))
            {
                let expected = "a value, not an error of the workbook; or set `nullText` of the column in the contract to load \
                                such cells as null";
                reasons.push(Reason {
                    column: column.cloned(),
                    value: Some(text.clone()),
                    ..Reason::of_row("CELL_ERROR", expected)
                });
            }
        }
        let raw = header.raw_text(cells);
        if !reasons.is_empty() {
            return if is_footer { Ok(()) } else { sink.bad_row(position, raw.as_bytes(), reasons) };
        }
        let cells: Vec<Option<(String, bool)>> = header
            .places
            .iter()
            .zip(&header.kinds)
            .map(|(place, kind)| {
                let (_, found) = cells.iter().find(|(at, _)| at == place)?;
                Some((found.text(*kind), matches!(found, Found::Number(_) | Found::Plain(_))))
            })
            .collect();
        let text = |index: usize| cells[index].as_ref().map(|(text, _)| text.as_bytes());
        let is_typed = |index: usize| cells[index].as_ref().is_some_and(|(_, is_number)| *is_number);
        if !is_footer {
            return sink.row(position, raw.as_bytes(), text, is_typed);
        }
        if is_like_a_row((0..cells.len()).map(text)) && sink.would_accept(text, is_typed) {
            return sink.bad_row(position, raw.as_bytes(), vec![reason()]);
        }
        Ok(())
    }
}

fn texts(cells: &[(u32, Found)]) -> Vec<String> {
    cells.iter().map(|(_, found)| found.text(Kind::TEXT)).collect()
}
