//! Rows of CSV, in the dialect that the contract states, with exact positions.
//!
//! Rules that the format leaves open: LF, CRLF and a lone CR end a line, and an empty line is not a row; a quote inside
//! a field that does not begin with one is an ordinary character; a row of more or fewer fields than the header is
//! rejected, as is one with text between a closing quote and the next delimiter, and one that repeats the header.
//! A quote that is never closed costs the line on which it opens; reading goes on with the next line.
//!
//! Where the table ends in the middle of the file, and where no row names the columns, one thread reads a file; otherwise
//! big files are read in parts.

use super::footer::Footer;
use super::scan::{Dialect, Fault, Marks, Record, Scanner, WideMarks};
use crate::read::header_rows::{ROWS_SEARCHED, found_at, is_likely, is_no_header, joined};
use crate::read::parts::{Crew, PartSinks, PartedText, Place, read_text_in_parts};
use crate::read::row_sink::RowSink;
use crate::read::text_buffer::{TextBuffer, too_long};
use crate::read_error::{FileFailure, ReadError};
use crate::row::{Position, Reason};
use ingot_contract::RawForm;
use memchr::{memchr_iter, memmem, memrchr};
use std::io::Read;

/// Reads a CSV file of this form into the sink, a big one by way of `sinks` with all threads that the crew can spare.
pub(crate) fn read_csv<R: Read, S: RowSink, P: PartSinks<S>>(
    text: TextBuffer<R>,
    form: &RawForm,
    sink: &mut S,
    sinks: &P,
    crew: &Crew,
    part_bytes: usize,
) -> Result<(), ReadError> {
    match &form.wide_csv {
        None => read(text, Marks::of(&form.csv), form, sink, sinks, crew, part_bytes),
        Some(wide) => {
            let dialect = WideMarks::of(wide, &form.csv.null_texts);
            read(text, dialect, form, sink, sinks, crew, part_bytes)
        }
    }
}

/// As [`read_csv`], with one thread.
pub(crate) fn read_csv_alone<R: Read, S: RowSink>(
    text: TextBuffer<R>,
    form: &RawForm,
    sink: &mut S,
) -> Result<(), ReadError> {
    match &form.wide_csv {
        None => read_alone(text, Marks::of(&form.csv), form, sink),
        Some(wide) => read_alone(text, WideMarks::of(wide, &form.csv.null_texts), form, sink),
    }
}

fn read<R: Read, D: Dialect, S: RowSink, P: PartSinks<S>>(
    text: TextBuffer<R>,
    dialect: D,
    form: &RawForm,
    sink: &mut S,
    sinks: &P,
    crew: &Crew,
    part_bytes: usize,
) -> Result<(), ReadError> {
    // Where the table ends depends on the rows before, and without a header what columns it has depends on the first.
    if form.place.header_rows == 0 || form.place.footer_rows > 0 || form.place.until_empty_row {
        return read_alone(text, dialect, form, sink);
    }
    let (rows, scanner) = CsvRows::open(text, dialect, form, sink)?;
    let (text, lines) = scanner.into_text();
    read_text_in_parts(&rows, text, Place { rows: 0, lines }, sink, sinks, crew, part_bytes)
}

fn read_alone<R: Read, D: Dialect, S: RowSink>(
    text: TextBuffer<R>,
    dialect: D,
    form: &RawForm,
    sink: &mut S,
) -> Result<(), ReadError> {
    let (rows, mut scanner) = CsvRows::open(text, dialect, form, sink)?;
    rows.read(&mut scanner, 0, sink)?;
    scanner.skip_rest()?;
    Ok(())
}

/// The rows of a CSV file, below its header.
struct CsvRows<'f, D> {
    form: &'f RawForm,
    dialect: D,
    columns: Columns,
}

impl<'f, D: Dialect> CsvRows<'f, D> {
    /// Reads what comes before the rows, and tells the sink about it.
    fn open<R: Read, S: RowSink>(
        text: TextBuffer<R>,
        dialect: D,
        form: &'f RawForm,
        sink: &mut S,
    ) -> Result<(Self, Scanner<R, D>), ReadError> {
        let place = &form.place;
        let mut scanner = Scanner::after(0, text, dialect.clone(), place.comment.as_deref());
        for _ in 0..place.skip_rows {
            scanner.skip_line()?;
        }
        let columns = if place.header_rows > 0 {
            Columns::of_header(named_columns(&mut scanner, place.header_rows, sink)?)
        } else {
            Columns { width: sink.no_header(None)?.len(), ..Columns::default() }
        };
        scanner.expect_width(columns.width);
        Ok((Self { form, dialect, columns }, scanner))
    }

    /// Hands over the rows that come next, the first of which is the one after `row`; the number of the last.
    fn read<R: Read, S: RowSink>(
        &self,
        scanner: &mut Scanner<R, D>,
        mut row: u64,
        sink: &mut S,
    ) -> Result<u64, ReadError> {
        let place = &self.form.place;
        let null_texts = self.form.csv.null_texts.as_slice();
        let mut width = self.columns.width;
        let mut footer = Footer::of(place.footer_rows);
        while let Some(record) = scanner.next()? {
            if row == 0 && place.header_rows == 0 && scanner.width() != width {
                width = sink.no_header(Some(scanner.width()))?.len();
                scanner.expect_width(width);
            }
            let fault = self.columns.fault_of(width, scanner, &record);
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
                let is_null = !null_texts.is_empty()
                    && null_texts.iter().any(|null| null.as_bytes() == text)
                    && !scanner.is_quoted(index);
                (!is_null).then_some(text)
            };
            if let Some(footer) = &mut footer {
                footer.hold(position, scanner.raw(&record), fault, width, cell, sink)?;
                continue;
            }
            match fault {
                Some(reason) => sink.bad_row(position, scanner.raw(&record), vec![reason])?,
                None => sink.row(position, scanner.raw(&record), cell, |_| false)?,
            }
        }
        if let Some(footer) = footer {
            footer.finish(sink)?;
        }
        Ok(row)
    }
}

impl<D: Dialect> PartedText for CsvRows<'_, D> {
    fn announce<S: RowSink>(&self, sink: &mut S) -> Result<(), ReadError> {
        sink.header(&self.columns.names).map(drop)
    }

    /// Before the end of the last line that has an even number of quotes before it.
    fn likely_end(&self, text: &[u8]) -> Option<usize> {
        let end = last_line_end(text)?;
        let quote = self.dialect.quote();
        let (quotes, last) = match *quote {
            [] => return Some(end),
            [quote] => (memchr_iter(quote, &text[..end]).count(), memrchr(quote, &text[..end])),
            _ => (memmem::find_iter(&text[..end], quote).count(), memmem::rfind(&text[..end], quote)),
        };
        if quotes % 2 == 0 { Some(end) } else { last_line_end(&text[..last?]) }
    }

    fn read_rows<R: Read, S: RowSink>(
        &self,
        text: TextBuffer<R>,
        place: Place,
        sink: &mut S,
    ) -> Result<(TextBuffer<R>, Place), ReadError> {
        let comment = self.form.place.comment.as_deref();
        let mut scanner = Scanner::after(place.lines, text, self.dialect.clone(), comment);
        scanner.expect_width(self.columns.width);
        let rows = self.read(&mut scanner, place.rows, sink)?;
        let (text, lines) = scanner.into_text();
        Ok((text, Place { rows, lines }))
    }
}

/// Behind the last LF, or, in a text without one, behind the last CR.
fn last_line_end(text: &[u8]) -> Option<usize> {
    memrchr(b'\n', text).or_else(|| memrchr(b'\r', text.get(..text.len().checked_sub(1)?)?)).map(|at| at + 1)
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

    /// What is wrong with the form of a record, which should have the `expected` number of fields.
    #[inline]
    fn fault_of<R: Read, D: Dialect>(
        &self,
        expected: usize,
        scanner: &Scanner<R, D>,
        record: &Record,
    ) -> Option<Reason> {
        if let Some(fault) = record.fault {
            return Some(reason(fault));
        }
        let width = scanner.width();
        if width != expected {
            let from = if self.names.is_empty() { "as in the contract" } else { "as in the header" };
            return Some(Reason::of_row(
                "RAGGED_ROW",
                format!(
                    "{expected} fields, {from}; the row has {width}: a value that holds the delimiter needs quotes, or \
                     `delimiter`, `quote` and `escape` in the contract do not fit the file"
                ),
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
        Fault::UnterminatedQuote => Reason::of_row(
            "UNTERMINATED_QUOTE",
            "a closing quote for the quote that this line opens; or set `quote` or `escape` in the contract to what the file uses",
        ),
        Fault::TextAfterQuote => Reason::of_row(
            "TEXT_AFTER_QUOTE",
            "a delimiter or the end of the line after a closing quote; or set `quote` or `escape` in the contract to what the file uses",
        ),
        Fault::TooLong(bytes) => too_long(bytes),
    }
}
