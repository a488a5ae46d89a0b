//! Rows of CSV, in the dialect that the contract states, with exact positions.
//!
//! Rules that the format leaves open: LF, CRLF and a lone CR end a line, and an empty line is not a row; a quote inside
//! a field that does not begin with one is an ordinary character; a row of more or fewer fields than the header is
//! rejected, as is one with text between a closing quote and the next delimiter, and one that repeats the header.
//! A quote that is never closed costs the line on which it opens; reading goes on with the next line.

use super::scan::{Fault, Record, Scanner};
use crate::read::parts::{PartedText, Place};
use crate::read::row_sink::RowSink;
use crate::read::text_buffer::{TextBuffer, too_long};
use crate::read_error::{FileFailure, ReadError};
use crate::row::{Position, Reason};
use ingot_contract::CsvForm;
use memchr::{memchr_iter, memrchr};
use std::io::Read;

/// The rows of a CSV file, below its header.
pub(crate) struct CsvRows<'f> {
    form: &'f CsvForm,
    columns: Columns,
}

impl<'f> CsvRows<'f> {
    /// Reads what comes before the rows, and tells the sink about it. Gives the text back, and the place that it is at.
    pub(crate) fn open<R: Read, S: RowSink>(
        text: TextBuffer<R>,
        form: &'f CsvForm,
        sink: &mut S,
    ) -> Result<(Self, TextBuffer<R>, Place), ReadError> {
        let mut scanner = Scanner::new(text, form);
        let mut columns = Columns::default();
        let mut rows = 0;
        if form.header {
            columns = Columns::of_header(header(&mut scanner)?);
            sink.header(&columns.names)?;
        } else if let Some(record) = scanner.next()? {
            columns.first_width = scanner.width();
            columns.width = sink.no_header(columns.first_width)?;
            match record.fault {
                // There is no way back before it.
                Some(fault @ Fault::TooLong(_)) => {
                    rows = 1;
                    sink.bad_row(position(rows, &record), scanner.raw(&record), vec![reason(fault)])?;
                }
                _ => scanner.go_back(&record),
            }
        }
        let (text, lines) = scanner.into_text();
        Ok((Self { form, columns }, text, Place { rows, lines }))
    }
}

impl PartedText for CsvRows<'_> {
    fn announce<S: RowSink>(&self, sink: &mut S) -> Result<(), ReadError> {
        match self.form.header {
            true => sink.header(&self.columns.names).map(drop),
            false => sink.no_header(self.columns.first_width).map(drop),
        }
    }

    /// Before the end of the last line that has an even number of quotes before it.
    fn likely_end(&self, text: &[u8]) -> Option<usize> {
        let mut end = last_line_end(text)?;
        if let Some(quote) = self.form.quote {
            let quotes = memchr_iter(quote, &text[..end]).count();
            if quotes % 2 == 1 {
                end = last_line_end(&text[..memrchr(quote, &text[..end])?])?;
            }
        }
        Some(end)
    }

    fn read_rows<R: Read, S: RowSink>(
        &self,
        text: TextBuffer<R>,
        place: Place,
        sink: &mut S,
    ) -> Result<(TextBuffer<R>, Place), ReadError> {
        let Self { form, columns } = self;
        let mut scanner = Scanner::after(place.lines, text, form);
        let null_text = form.null_text.as_deref().map(str::as_bytes);
        let mut row = place.rows;
        while let Some(record) = scanner.next()? {
            row += 1;
            let position = position(row, &record);
            if let Some(reason) = columns.fault_of(&scanner, &record) {
                sink.bad_row(position, scanner.raw(&record), vec![reason])?;
                continue;
            }
            sink.row(position, scanner.raw(&record), |index| {
                let text = scanner.field(index);
                let is_null = null_text == Some(text) && !scanner.is_quoted(index);
                (!is_null).then_some(text)
            })?;
        }
        let (text, lines) = scanner.into_text();
        Ok((text, Place { rows: row, lines }))
    }
}

fn position(row: u64, record: &Record) -> Position {
    Position { row, line: Some(record.line), byte_offset: Some(record.byte_offset) }
}

/// Behind the last LF, or, in a text without one, behind the last CR.
fn last_line_end(text: &[u8]) -> Option<usize> {
    memrchr(b'\n', text).or_else(|| memrchr(b'\r', text.get(..text.len().checked_sub(1)?)?)).map(|at| at + 1)
}

/// The fields that each record must have.
#[derive(Default)]
struct Columns {
    width: usize,
    /// That of the first row, in a file without a header.
    first_width: usize,
    /// As in the header; empty if there is none.
    names: Vec<String>,
    /// Indexes of columns without a name, which must stay empty: a header that ends with delimiters has them.
    unnamed: Vec<usize>,
}

impl Columns {
    fn of_header(names: Vec<String>) -> Self {
        let unnamed = (0..names.len()).filter(|index| names[*index].is_empty()).collect();
        Self { width: names.len(), first_width: 0, names, unnamed }
    }

    /// What is wrong with the form of a record.
    #[inline]
    fn fault_of<R: Read>(&self, scanner: &Scanner<R>, record: &Record) -> Option<Reason> {
        if let Some(fault) = record.fault {
            return Some(reason(fault));
        }
        let (width, expected) = (scanner.width(), self.width);
        if width != expected {
            let from = if self.names.is_empty() { "as in the contract" } else { "as in the header" };
            return Some(Reason::of_row(
                "RAGGED_ROW",
                format!("{expected} fields, {from}; the row has {width}"),
            ));
        }
        if self.unnamed.iter().any(|index| !scanner.field(*index).is_empty()) {
            return Some(Reason::of_row("RAGGED_ROW", "nothing in a column that has no name in the header"));
        }
        let repeats = self.names.first().is_some_and(|name| name.as_bytes() == scanner.field(0))
            && self.names.iter().enumerate().all(|(index, name)| name.as_bytes() == scanner.field(index));
        repeats.then(|| Reason::of_row("HEADER_REPEATED", "a row of data; this is the header once more"))
    }
}

/// The names in the first record.
fn header<R: Read>(scanner: &mut Scanner<R>) -> Result<Vec<String>, FileFailure> {
    let Some(header) = scanner.next()? else {
        return Err(FileFailure::new("EMPTY_FILE", "the file has no header"));
    };
    if let Some(fault) = header.fault {
        return Err(FileFailure::new("BAD_HEADER", format!("the first line: {}", reason(fault).expected)));
    }
    if scanner.raw(&header).contains(&0) {
        return Err(FileFailure::new(
            "WRONG_ENCODING",
            "the first line contains NUL bytes, as text in UTF-16 does; if it is UTF-16, write `encoding: utf-16le` in the contract",
        ));
    }
    (0..scanner.width())
        .map(|index| {
            String::from_utf8(scanner.field(index).to_vec()).map_err(|_| {
                FileFailure::new("BAD_HEADER", format!("the name of column {} is not valid UTF-8", index + 1))
            })
        })
        .collect()
}

fn reason(fault: Fault) -> Reason {
    match fault {
        Fault::UnterminatedQuote => {
            Reason::of_row("UNTERMINATED_QUOTE", "a closing quote for the quote that this line opens")
        }
        Fault::TextAfterQuote => {
            Reason::of_row("TEXT_AFTER_QUOTE", "a delimiter or the end of the line after a closing quote")
        }
        Fault::TooLong(bytes) => too_long(bytes),
    }
}
