//! CSV with exact positions: quotes, doubled quotes, line ends within quotes, LF, CRLF and lone CR, a BOM.
//!
//! Reads a chunk at a time and hands out slices of it; a cell is copied only if it holds doubled quotes.
//! Rules that the format leaves open: an empty line is no row; a quote inside a field that does not
//! begin with one is an ordinary character; a row of more or fewer fields than the header is rejected, and so is
//! one with text between a closing quote and the next delimiter. A quote that is never closed rejects the
//! line on which it opens, and reading goes on with the next line.

use super::super::intake::{FileFailure, Intake, Stop};
use super::super::rejects::{Position, Reason};
use super::{ColumnNotes, Reader, match_columns};
use crate::contract::{Contract, CsvForm};
use memchr::{memchr, memchr_iter, memchr2, memchr3};
use std::io::Read;

const CHUNK: usize = 1 << 20;
/// A longer record ends the search for its closing quote.
const LONGEST_RECORD: usize = 64 << 20;

pub struct CsvReader<R> {
    input: R,
}

impl<R: Read> CsvReader<R> {
    pub fn new(input: R) -> Self {
        Self { input }
    }
}

impl<R: Read> Reader for CsvReader<R> {
    fn read(&mut self, contract: &Contract, intake: &mut Intake<'_>) -> Result<ColumnNotes, Stop> {
        let form = &contract.raw.csv;
        if !matches!(form.encoding.to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "ascii" | "us-ascii") {
            return Err(FileFailure::new(
                "ENCODING_NOT_SUPPORTED",
                format!("the contract says that the file is in {}; only utf-8 is read so far", form.encoding),
            )
            .into());
        }
        let mut scanner = Scanner::new(&mut self.input, form);
        let Some(header) = scanner.next()? else {
            return Err(FileFailure::new("EMPTY_FILE", "the file has no header").into());
        };
        if let Some(fault) = header.fault {
            return Err(FileFailure::new("BAD_HEADER", fault.expected()).into());
        }
        let names: Vec<String> = (0..scanner.fields.len())
            .map(|index| String::from_utf8_lossy(scanner.field(index)).into_owned())
            .collect();
        let (source, notes) = match_columns(contract, &names)?;
        let width = names.len();
        let mut row = 0;
        while let Some(record) = scanner.next()? {
            row += 1;
            let position = Position { row, line: Some(record.line), byte_offset: Some(record.byte_offset) };
            if let Some(fault) = record.fault {
                intake.reject(
                    position,
                    scanner.raw(&record),
                    vec![Reason::of_row(fault.code(), fault.expected())],
                )?;
            } else if scanner.fields.len() != width {
                let reason = Reason::of_row(
                    "RAGGED_ROW",
                    format!("{width} fields, as in the header; the row has {}", scanner.fields.len()),
                );
                intake.reject(position, scanner.raw(&record), vec![reason])?;
            } else {
                intake.row(position, scanner.raw(&record), |column| {
                    source[column].map(|index| scanner.field(index))
                })?;
            }
        }
        Ok(notes)
    }
}

/// Where a field's text is: in the chunk, or unescaped in the scratch buffer.
#[derive(Clone, Copy)]
struct FieldAt {
    start: usize,
    end: usize,
    has_doubled_quotes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Unterminated,
    TextAfterQuote,
}

impl Fault {
    fn code(self) -> &'static str {
        match self {
            Self::Unterminated => "UNTERMINATED_QUOTE",
            Self::TextAfterQuote => "TEXT_AFTER_QUOTE",
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Unterminated => "a closing quote for the quote that the line opens",
            Self::TextAfterQuote => "a delimiter or the end of the line after a closing quote",
        }
    }
}

struct Record {
    /// In the chunk, without the line end.
    start: usize,
    end: usize,
    line: u64,
    byte_offset: u64,
    fault: Option<Fault>,
}

/// What one attempt to find a record's end found.
enum Scan {
    /// The record ends at `end`; the next begins at `next`.
    Record {
        end: usize,
        next: usize,
        fault: Option<Fault>,
        quoted: bool,
    },
    NeedMore,
    Unterminated,
}

struct Scanner<'r, R> {
    input: &'r mut R,
    delimiter: u8,
    quote: u8,
    chunk: Vec<u8>,
    /// Where the unread part of the chunk begins.
    start: usize,
    /// Where in the file the chunk begins.
    chunk_offset: u64,
    at_end: bool,
    begun: bool,
    line: u64,
    fields: Vec<FieldAt>,
    scratch: Vec<u8>,
}

impl<'r, R: Read> Scanner<'r, R> {
    fn new(input: &'r mut R, form: &CsvForm) -> Self {
        Self {
            input,
            delimiter: form.delimiter,
            quote: form.quote,
            chunk: Vec::new(),
            start: 0,
            chunk_offset: 0,
            at_end: false,
            begun: false,
            line: 1,
            fields: Vec::new(),
            scratch: Vec::new(),
        }
    }

    fn raw(&self, record: &Record) -> &[u8] {
        &self.chunk[record.start..record.end]
    }

    #[inline]
    fn field(&self, index: usize) -> &[u8] {
        let field = &self.fields[index];
        if field.has_doubled_quotes {
            &self.scratch[field.start..field.end]
        } else {
            &self.chunk[field.start..field.end]
        }
    }

    /// Moves the unread part to the front and reads on.
    fn fill(&mut self) -> Result<(), Stop> {
        self.chunk.drain(..self.start);
        self.chunk_offset += self.start as u64;
        self.start = 0;
        let have = self.chunk.len();
        // A record longer than the chunk makes it grow by doubling, so that it is not scanned too often.
        let want = have + CHUNK.max(have);
        self.chunk.resize(want, 0);
        let mut filled = have;
        while filled < want {
            match self.input.read(&mut self.chunk[filled..]) {
                Ok(0) => {
                    self.at_end = true;
                    break;
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(FileFailure::new("CANNOT_READ", error.to_string()).into()),
            }
        }
        self.chunk.truncate(filled);
        if !self.begun {
            self.begun = true;
            if self.chunk.starts_with(b"\xEF\xBB\xBF") {
                self.start = 3;
            } else if self.chunk.starts_with(b"\xFF\xFE") || self.chunk.starts_with(b"\xFE\xFF") {
                return Err(FileFailure::new(
                    "ENCODING_NOT_SUPPORTED",
                    "the file begins with the mark of UTF-16; the contract says utf-8",
                )
                .into());
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Record>, Stop> {
        loop {
            if self.start >= self.chunk.len() {
                if self.at_end {
                    return Ok(None);
                }
                self.fill()?;
                continue;
            }
            // Empty lines are no rows.
            match self.chunk[self.start] {
                b'\n' => {
                    self.start += 1;
                    self.line += 1;
                    continue;
                }
                b'\r' => match self.chunk.get(self.start + 1) {
                    Some(b'\n') => {
                        self.start += 2;
                        self.line += 1;
                        continue;
                    }
                    None if !self.at_end => {
                        self.fill()?;
                        continue;
                    }
                    _ => {
                        self.start += 1;
                        self.line += 1;
                        continue;
                    }
                },
                _ => {}
            }
            let (end, next, fault, quoted) = match self.scan() {
                Scan::Record { end, next, fault, quoted } => (end, next, fault, quoted),
                Scan::NeedMore if self.chunk.len() - self.start < LONGEST_RECORD => {
                    self.fill()?;
                    continue;
                }
                // The line on which the quote opens is given up; the next line is read as usual.
                Scan::NeedMore | Scan::Unterminated => {
                    let rest = &self.chunk[self.start..];
                    match memchr2(b'\n', b'\r', rest) {
                        Some(length) => {
                            let crlf = rest[length] == b'\r' && rest.get(length + 1) == Some(&b'\n');
                            let end = self.start + length;
                            (end, end + 1 + usize::from(crlf), Some(Fault::Unterminated), false)
                        }
                        None if self.at_end => {
                            (self.chunk.len(), self.chunk.len(), Some(Fault::Unterminated), false)
                        }
                        None => {
                            return Err(FileFailure::new(
                                "LINE_TOO_LONG",
                                format!("line {} has more than {} MiB", self.line, LONGEST_RECORD >> 20),
                            )
                            .into());
                        }
                    }
                }
            };
            let record = Record {
                start: self.start,
                end,
                line: self.line,
                byte_offset: self.chunk_offset + self.start as u64,
                fault,
            };
            self.line += 1;
            if quoted {
                self.line += memchr_iter(b'\n', &self.chunk[record.start..end]).count() as u64;
                self.unescape();
            }
            self.start = next;
            return Ok(Some(record));
        }
    }

    /// Finds the fields of the record that begins at `start`.
    fn scan(&mut self) -> Scan {
        let bytes = &self.chunk[..];
        let mut at = self.start;
        let mut fault = None;
        let mut any_quoted = false;
        self.fields.clear();
        loop {
            if bytes.get(at) == Some(&self.quote) {
                any_quoted = true;
                let mut from = at + 1;
                let mut has_doubled_quotes = false;
                let close = loop {
                    let Some(distance) = bytes.get(from..).and_then(|rest| memchr(self.quote, rest)) else {
                        return if self.at_end { Scan::Unterminated } else { Scan::NeedMore };
                    };
                    let found = from + distance;
                    match bytes.get(found + 1) {
                        Some(after) if *after == self.quote => {
                            has_doubled_quotes = true;
                            from = found + 2;
                        }
                        None if !self.at_end => return Scan::NeedMore,
                        _ => break found,
                    }
                };
                self.fields.push(FieldAt { start: at + 1, end: close, has_doubled_quotes });
                at = close + 1;
                match bytes.get(at) {
                    Some(byte) if *byte == self.delimiter || *byte == b'\n' || *byte == b'\r' => {}
                    None => {}
                    Some(_) => fault = Some(Fault::TextAfterQuote),
                }
            } else {
                self.fields.push(FieldAt { start: at, end: at, has_doubled_quotes: false });
            }
            // To the end of the field.
            let Some(distance) = memchr3(self.delimiter, b'\n', b'\r', &bytes[at..]) else {
                if !self.at_end {
                    return Scan::NeedMore;
                }
                let end = bytes.len();
                end_field(&mut self.fields, at, end);
                return Scan::Record { end, next: end, fault, quoted: any_quoted };
            };
            let end = at + distance;
            end_field(&mut self.fields, at, end);
            match bytes[end] {
                b'\n' => return Scan::Record { end, next: end + 1, fault, quoted: any_quoted },
                b'\r' => match bytes.get(end + 1) {
                    Some(b'\n') => return Scan::Record { end, next: end + 2, fault, quoted: any_quoted },
                    None if !self.at_end => return Scan::NeedMore,
                    _ => return Scan::Record { end, next: end + 1, fault, quoted: any_quoted },
                },
                _ => at = end + 1,
            }
        }
    }

    /// Writes the fields with doubled quotes into the scratch buffer as they are meant.
    fn unescape(&mut self) {
        self.scratch.clear();
        for field in self.fields.iter_mut().filter(|field| field.has_doubled_quotes) {
            let from = self.scratch.len();
            let mut rest = &self.chunk[field.start..field.end];
            while let Some(found) = memchr(self.quote, rest) {
                self.scratch.extend_from_slice(&rest[..=found]);
                rest = rest.get(found + 2..).unwrap_or_default();
            }
            self.scratch.extend_from_slice(rest);
            *field = FieldAt { start: from, end: self.scratch.len(), has_doubled_quotes: true };
        }
    }
}

/// Sets the end of the field that began at `began` without a quote.
#[inline]
fn end_field(fields: &mut [FieldAt], began: usize, end: usize) {
    if let Some(field) = fields.last_mut()
        && field.start == began
    {
        field.end = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that gives one byte at a time, so that every record crosses a border.
    struct Drip<'a>(&'a [u8]);
    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            out[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    type Seen = (u64, u64, Option<&'static str>, Vec<String>);

    fn scan(text: &[u8]) -> Vec<Seen> {
        let mut input = Drip(text);
        let form = CsvForm { delimiter: b',', quote: b'"', encoding: "utf-8".into() };
        let mut scanner = Scanner::new(&mut input, &form);
        let mut seen = Vec::new();
        while let Some(record) = scanner.next().map_err(|_| "stopped").unwrap() {
            let fields = (0..scanner.fields.len())
                .map(|index| String::from_utf8_lossy(scanner.field(index)).into_owned())
                .collect();
            let fields = if record.fault.is_some() {
                vec![String::from_utf8_lossy(scanner.raw(&record)).into_owned()]
            } else {
                fields
            };
            seen.push((record.line, record.byte_offset, record.fault.map(Fault::code), fields));
        }
        seen
    }

    fn texts(fields: &[&str]) -> Vec<String> {
        fields.iter().map(|field| (*field).to_owned()).collect()
    }

    #[test]
    fn finds_rows_and_where_they_are() {
        let seen = scan(b"\xEF\xBB\xBFa,b\r\n1,\"x\ny\"\n\n,\"say \"\"hi\"\"\"\rlast,");
        assert_eq!(
            seen,
            vec![
                (1, 3, None, texts(&["a", "b"])),
                (2, 8, None, texts(&["1", "x\ny"])),
                (5, 17, None, texts(&["", "say \"hi\""])),
                (6, 31, None, texts(&["last", ""])),
            ]
        );
    }

    #[test]
    fn an_open_quote_costs_its_line_only() {
        let seen = scan(b"a,b\n1,\"oops\n2,3\n");
        assert_eq!(
            seen,
            vec![
                (1, 0, None, texts(&["a", "b"])),
                (2, 4, Some("UNTERMINATED_QUOTE"), texts(&["1,\"oops"])),
                (3, 12, None, texts(&["2", "3"])),
            ]
        );
    }

    #[test]
    fn text_after_a_quote_is_a_fault() {
        let seen = scan(b"\"a\"b,c\n\"\",q\"r\n");
        assert_eq!(seen[0].2, Some("TEXT_AFTER_QUOTE"));
        assert_eq!(seen[1], (2, 7, None, texts(&["", "q\"r"])));
    }
}
