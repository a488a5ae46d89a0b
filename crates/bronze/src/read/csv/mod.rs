//! CSV, in the dialect that the contract states, with exact positions.
//!
//! Rules that the format leaves open: LF, CRLF and a lone CR end a line, an empty line is no row; a
//! quote inside a field that does not begin with one is an ordinary character; a row of more or fewer fields
//! than the header is rejected, so is one with text between a closing quote and the next delimiter, and one that is
//! the header once more. A quote that is never closed costs the line on which it opens; reading goes on with the next line.

mod scan;

use super::super::intake::{FileFailure, Intake, Stop};
use super::super::rejects::{Position, Reason};
use super::text_buffer::{LONGEST_ROW, TextBuffer};
use super::{ColumnNotes, Reader, match_columns};
use ingot_contract::Contract;
use scan::{Fault, Record, Scanner};
use std::io::Read;

pub struct CsvReader<R> {
    text: Option<TextBuffer<R>>,
}

impl<R: Read> CsvReader<R> {
    pub fn new(text: TextBuffer<R>) -> Self {
        Self { text: Some(text) }
    }
}

impl<R: Read> Reader for CsvReader<R> {
    fn read(&mut self, contract: &Contract, intake: &mut Intake<'_>) -> Result<ColumnNotes, Stop> {
        let Some(text) = self.text.take() else { return Ok(ColumnNotes::default()) };
        let form = &contract.raw.csv;
        let mut scanner = Scanner::new(text, form);
        let names = if form.header {
            header(&mut scanner)?
        } else {
            contract.columns.iter().map(|column| column.name.clone()).collect()
        };
        if form.header && !names.is_empty() && names.iter().all(|name| contract.column(name).is_none()) {
            return Err(missing_header(&names).into());
        }
        // A header that ends with delimiters has columns without a name, which must stay empty.
        let named: Vec<String> = names.iter().filter(|name| !name.is_empty()).cloned().collect();
        let (source, mut notes) = match_columns(contract, &named)?;
        notes.names.clone_from(&names);
        let places: Vec<usize> = (0..names.len()).filter(|index| !names[*index].is_empty()).collect();
        let unnamed: Vec<usize> = (0..names.len()).filter(|index| names[*index].is_empty()).collect();
        let source: Vec<Option<usize>> =
            source.into_iter().map(|index| index.map(|index| places[index])).collect();
        let null_text = form.null_text.as_deref().map(str::as_bytes);

        let mut row = 0;
        while let Some(record) = scanner.next()? {
            row += 1;
            let position = Position { row, line: Some(record.line), byte_offset: Some(record.byte_offset) };
            if let Some(reason) = fault_of(&scanner, &record, &names, &unnamed, form.header) {
                intake.reject(position, scanner.raw(&record), vec![reason])?;
                continue;
            }
            intake.row(position, scanner.raw(&record), |column| {
                let index = source[column]?;
                let text = scanner.field(index);
                let is_null = null_text == Some(text) && !scanner.is_quoted(index);
                (!is_null).then_some(text)
            })?;
        }
        Ok(notes)
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
            "the first line holds NUL bytes, as text in UTF-16 does; say `encoding: utf-16le` in the contract if it is that",
        ));
    }
    (0..scanner.width())
        .map(|index| {
            String::from_utf8(scanner.field(index).to_vec()).map_err(|_| {
                FileFailure::new("BAD_HEADER", format!("the name of column {} is not UTF-8", index + 1))
            })
        })
        .collect()
}

fn missing_header(names: &[String]) -> FileFailure {
    let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
    FileFailure::new(
        "HEADER_MISSING",
        format!(
            "the first line names no column of the contract: it begins with {}; if it is a row, say `header: false` in the contract",
            shown.join(", ")
        ),
    )
}

/// What is wrong with the form of a record.
#[inline]
fn fault_of<R: Read>(
    scanner: &Scanner<R>,
    record: &Record,
    names: &[String],
    unnamed: &[usize],
    header: bool,
) -> Option<Reason> {
    if let Some(fault) = record.fault {
        return Some(reason(fault));
    }
    let (width, expected) = (scanner.width(), names.len());
    if width != expected {
        let from = if header { "as in the header" } else { "as in the contract" };
        return Some(Reason::of_row("RAGGED_ROW", format!("{expected} fields, {from}; the row has {width}")));
    }
    if unnamed.iter().any(|index| !scanner.field(*index).is_empty()) {
        return Some(Reason::of_row("RAGGED_ROW", "nothing in a column that has no name in the header"));
    }
    let repeats = header
        && names.first().is_some_and(|name| name.as_bytes() == scanner.field(0))
        && names.iter().enumerate().all(|(index, name)| name.as_bytes() == scanner.field(index));
    repeats.then(|| Reason::of_row("HEADER_REPEATED", "a row; this is the header once more"))
}

fn reason(fault: Fault) -> Reason {
    match fault {
        Fault::UnterminatedQuote => {
            Reason::of_row("UNTERMINATED_QUOTE", "a closing quote for the quote that the line opens")
        }
        Fault::TextAfterQuote => {
            Reason::of_row("TEXT_AFTER_QUOTE", "a delimiter or the end of the line after a closing quote")
        }
        Fault::TooLong(bytes) => too_long(bytes),
    }
}

/// The reason against a line of this many bytes.
pub fn too_long(bytes: u64) -> Reason {
    Reason::of_row(
        "LINE_TOO_LONG",
        format!(
            "a line of at most {} MiB; this one has {bytes} bytes, of which the first are kept here",
            LONGEST_ROW >> 20
        ),
    )
}
