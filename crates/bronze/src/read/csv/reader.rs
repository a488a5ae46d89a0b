//! Rows of CSV, in the dialect that the contract states, with exact positions.
//!
//! Rules that the format leaves open: LF, CRLF and a lone CR end a line, and an empty line is not a row; a quote inside
//! a field that does not begin with one is an ordinary character; a row of more or fewer fields than the header is
//! rejected, as is one with text between a closing quote and the next delimiter, and one that repeats the header.
//! A quote that is never closed costs the line on which it opens; reading goes on with the next line.

use super::footer::Footer;
use super::scan::{Dialect, Fault, Marks, Record, Scanner, WideMarks};
use crate::read::header_rows::{ROWS_SEARCHED, found_at, is_likely, is_no_header, joined};
use crate::read::row_sink::RowSink;
use crate::read::text_buffer::{TextBuffer, too_long};
use crate::read_error::{FileFailure, ReadError};
use crate::row::{Position, Reason};
use ingot_contract::RawForm;
use std::io::Read;

/// Reads a CSV file of this form into the sink.
pub(crate) fn read_csv<R: Read, S: RowSink>(
    text: TextBuffer<R>,
    form: &RawForm,
    sink: &mut S,
) -> Result<(), ReadError> {
    match &form.wide_csv {
        None => read(Scanner::new(text, Marks::of(&form.csv)), form, sink),
        Some(wide) => {
            read(Scanner::new(text, WideMarks::of(wide, form.csv.null_text.as_deref())), form, sink)
        }
    }
}

fn read<R: Read, D: Dialect, S: RowSink>(
    mut scanner: Scanner<R, D>,
    form: &RawForm,
    sink: &mut S,
) -> Result<(), ReadError> {
    let place = &form.place;
    if let Some(comment) = &place.comment {
        scanner.skip_comments(comment);
    }
    for _ in 0..place.skip_rows {
        scanner.skip_line()?;
    }
    let mut columns = if place.header_rows > 0 {
        Columns::of_header(named_columns(&mut scanner, place.header_rows, sink)?)
    } else {
        Columns { width: sink.no_header(None)?.len(), ..Columns::default() }
    };
    scanner.expect_width(columns.width);
    let null_text = form.csv.null_text.as_deref().map(str::as_bytes);
    let mut footer = Footer::of(place.footer_rows);
    let mut row = 0;
    while let Some(record) = scanner.next()? {
        if row == 0 && place.header_rows == 0 && scanner.width() != columns.width {
            columns.width = sink.no_header(Some(scanner.width()))?.len();
            scanner.expect_width(columns.width);
        }
        let fault = columns.fault_of(&scanner, &record);
        if place.until_empty_row {
            if row > 0
                && record.fault.is_none()
                && (0..scanner.width()).all(|index| scanner.field(index).is_empty())
            {
                break;
            }
            scanner.end_at_empty_line();
        }
        row += 1;
        let position = Position { row, line: Some(record.line), byte_offset: Some(record.byte_offset) };
        let cell = |index| {
            let text = scanner.field(index);
            let is_null = null_text == Some(text) && !scanner.is_quoted(index);
            (!is_null).then_some(text)
        };
        if let Some(footer) = &mut footer {
            footer.hold(position, scanner.raw(&record), fault, columns.width, cell, sink)?;
            continue;
        }
        match fault {
            Some(reason) => sink.bad_row(position, scanner.raw(&record), vec![reason])?,
            None => sink.row(position, scanner.raw(&record), cell)?,
        }
    }
    scanner.skip_rest()?;
    Ok(())
}

/// Reads the rows of the header and hands them to the sink.
fn named_columns<R: Read, D: Dialect, S: RowSink>(
    scanner: &mut Scanner<R, D>,
    rows: usize,
    sink: &mut S,
) -> Result<Vec<String>, ReadError> {
    let read = header(scanner, rows).map_err(ReadError::from).and_then(|names| {
        sink.header(&names)?;
        Ok(names)
    });
    match read {
        Err(ReadError::File(failure)) if is_no_header(&failure) => {
            Err(elsewhere(scanner, sink, failure)?.into())
        }
        other => other,
    }
}

/// The failure, with the place of what looks like the header if there is such a row further down.
fn elsewhere<R: Read, D: Dialect, S: RowSink>(
    scanner: &mut Scanner<R, D>,
    sink: &S,
    failure: FileFailure,
) -> Result<FileFailure, FileFailure> {
    for _ in 0..ROWS_SEARCHED {
        let Some(record) = scanner.next()? else { break };
        if record.fault.is_some() {
            continue;
        }
        let names: Vec<String> = (0..scanner.width())
            .map(|index| String::from_utf8_lossy(scanner.field(index)).into_owned())
            .collect();
        if is_likely(sink, &names) {
            return Ok(found_at(failure, record.line, &names));
        }
    }
    Ok(failure)
}

/// The fields that each record must have.
#[derive(Default)]
struct Columns {
    width: usize,
    /// As in the header; empty if there is none.
    names: Vec<String>,
    /// Indexes of columns without a name, which must stay empty: a header that ends with delimiters has them.
    unnamed: Vec<usize>,
}

impl Columns {
    fn of_header(names: Vec<String>) -> Self {
        let unnamed = (0..names.len()).filter(|index| names[*index].is_empty()).collect();
        Self { width: names.len(), names, unnamed }
    }

    /// What is wrong with the form of a record.
    #[inline]
    fn fault_of<R: Read, D: Dialect>(&self, scanner: &Scanner<R, D>, record: &Record) -> Option<Reason> {
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

/// The names in the first records.
fn header<R: Read, D: Dialect>(scanner: &mut Scanner<R, D>, rows: usize) -> Result<Vec<String>, FileFailure> {
    let mut names = Vec::with_capacity(rows);
    for _ in 0..rows {
        names.push(header_row(scanner)?);
    }
    Ok(if rows == 1 { names.pop().unwrap_or_default() } else { joined(names) })
}

fn header_row<R: Read, D: Dialect>(scanner: &mut Scanner<R, D>) -> Result<Vec<String>, FileFailure> {
    let Some(header) = scanner.next()? else {
        return Err(FileFailure::new("EMPTY_FILE", "the file has no header"));
    };
    if let Some(fault) = header.fault {
        return Err(FileFailure::new("BAD_HEADER", format!("the header: {}", reason(fault).expected)));
    }
    if scanner.raw(&header).contains(&0) {
        return Err(FileFailure::new(
            "WRONG_ENCODING",
            "the header contains NUL bytes, as text in UTF-16 does; if it is UTF-16, write `encoding: utf-16le` in the contract",
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
