//! Finds records and fields in the window of a [`TextBuffer`].
//!
//! A field is copied only if it contains escapes. What is wrong with a record's form is a [`Fault`] of that record; the
//! record after it is found all the same.

use crate::read::text_buffer::{LONGEST_ROW, TextBuffer};
use crate::read_error::FileFailure;
use ingot_contract::CsvForm;
use memchr::{memchr, memchr2, memchr2_iter, memchr3};
use std::io::Read;

/// Why a record cannot be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    UnterminatedQuote,
    TextAfterQuote,
    /// A line of this many bytes, of which the beginning is kept.
    TooLong(u64),
}

/// One record; its text and fields are asked of the [`Scanner`] before the next record is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    /// Positions in the window, without the line end.
    start: usize,
    end: usize,
    /// 1-based line on which it begins.
    pub(crate) line: u64,
    pub(crate) byte_offset: u64,
    pub(crate) fault: Option<Fault>,
}

/// Where a field's text is: relative to the record, or, if it held escapes, in the scratch buffer.
#[derive(Clone, Copy)]
struct FieldAt {
    start: usize,
    end: usize,
    quoted: bool,
    escaped: bool,
}

/// What one attempt to find a record's end found, relative to the record's beginning.
enum Scan {
    Record {
        end: usize,
        next: usize,
        fault: Option<Fault>,
        has_quotes: bool,
    },
    /// The window ends first; `opened` is where the quote opens in which it does.
    NeedMore {
        opened: Option<usize>,
    },
    /// The quote that opens here is not closed, or closed on another line and followed by text.
    Unterminated {
        opened: usize,
    },
}

pub(crate) struct Scanner<R> {
    text: TextBuffer<R>,
    delimiter: u8,
    quote: Option<u8>,
    escape: Option<u8>,
    line: u64,
    fields: Vec<FieldAt>,
    scratch: Vec<u8>,
    /// The beginning of a record that was too long for the window.
    kept: Vec<u8>,
    /// The window's position of the last record.
    record: usize,
}

impl<R: Read> Scanner<R> {
    pub(crate) fn new(text: TextBuffer<R>, form: &CsvForm) -> Self {
        Self::after(0, text, form)
    }

    /// For a text that begins after so many lines.
    pub(crate) fn after(lines: u64, text: TextBuffer<R>, form: &CsvForm) -> Self {
        Self {
            text,
            delimiter: form.delimiter,
            quote: form.quote,
            escape: form.escape,
            line: 1 + lines,
            fields: Vec::new(),
            scratch: Vec::new(),
            kept: Vec::new(),
            record: 0,
        }
    }

    /// The text from here on, and the number of lines before it.
    pub(crate) fn into_text(self) -> (TextBuffer<R>, u64) {
        (self.text, self.line - 1)
    }

    /// Goes back to before the last record, which is then read again. It must have had no fault.
    pub(crate) fn go_back(&mut self, record: &Record) {
        self.text.return_to(record.start, record.byte_offset);
        self.line = record.line;
    }

    /// The record as it came, without the end of its line.
    #[inline]
    pub(crate) fn raw(&self, record: &Record) -> &[u8] {
        if matches!(record.fault, Some(Fault::TooLong(_))) {
            &self.kept
        } else {
            self.text.slice(record.start, record.end)
        }
    }

    /// How many fields the last record has.
    #[inline]
    pub(crate) fn width(&self) -> usize {
        self.fields.len()
    }

    /// A field's text without quotes and escapes. Ask only for fields of a record without a fault.
    #[inline]
    pub(crate) fn field(&self, index: usize) -> &[u8] {
        let field = &self.fields[index];
        if field.escaped {
            &self.scratch[field.start..field.end]
        } else {
            self.text.slice(self.record + field.start, self.record + field.end)
        }
    }

    /// Whether the field is in quotes.
    #[inline]
    pub(crate) fn is_quoted(&self, index: usize) -> bool {
        self.fields[index].quoted
    }

    /// The next record; `None` at the end, or if what is left of a part needs the next one. Empty lines are skipped.
    pub(crate) fn next(&mut self) -> Result<Option<Record>, FileFailure> {
        while !self.text.is_spent() {
            let unread = self.text.unread();
            match *unread {
                [] if self.text.at_end() => return Ok(None),
                [] => self.text.fill()?,
                [b'\r'] if !self.text.at_end() => self.text.fill()?,
                [b'\r', b'\n', ..] => self.empty_line(2),
                [b'\r' | b'\n', ..] => self.empty_line(1),
                _ => {
                    if let Some(record) = self.record()? {
                        return Ok(Some(record));
                    }
                }
            }
        }
        Ok(None)
    }

    fn empty_line(&mut self, length: usize) {
        self.text.advance(length);
        self.line += 1;
    }

    /// The record that begins here; `None` if there is more to be read first.
    fn record(&mut self) -> Result<Option<Record>, FileFailure> {
        let scan = scan(
            self.text.unread(),
            self.text.at_end(),
            Marks { delimiter: self.delimiter, quote: self.quote, escape: self.escape },
            &mut self.fields,
        );
        let (end, next, fault, has_quotes) = match scan {
            Scan::Record { end, next, fault, has_quotes } if end <= LONGEST_ROW => {
                (end, next, fault, has_quotes)
            }
            Scan::NeedMore { .. } if !self.text.is_full() => {
                self.text.fill()?;
                return Ok(None);
            }
            Scan::Unterminated { opened } | Scan::NeedMore { opened: Some(opened) } => {
                return self.give_up(opened);
            }
            // Too long for a row: most likely for a quote that reaches over many lines by mistake.
            Scan::NeedMore { opened: None } | Scan::Record { .. } => {
                return match self.first_reaching_over_lines() {
                    Some(opened) => self.give_up(opened),
                    None => self.too_long().map(Some),
                };
            }
        };
        let unread = self.text.unread();
        let lines = if has_quotes { 1 + line_ends(&unread[..end]) } else { 1 };
        if has_quotes {
            unescape(unread, &mut self.fields, &mut self.scratch, self.quote, self.escape);
        }
        Ok(Some(self.take(end, next, lines, fault)))
    }

    /// Gives up the record to the end of the line on which a quote opens that is not closed; the next line is read as usual.
    fn give_up(&mut self, opened: usize) -> Result<Option<Record>, FileFailure> {
        while !self.text.is_spent() {
            let unread = self.text.unread();
            let Some(distance) = memchr2(b'\n', b'\r', &unread[opened..]) else {
                if self.text.at_end() {
                    let end = unread.len();
                    let lines = 1 + line_ends(unread);
                    return Ok(Some(self.take(end, end, lines, Some(Fault::UnterminatedQuote))));
                }
                if self.text.is_full() {
                    return self.too_long().map(Some);
                }
                self.text.fill()?;
                continue;
            };
            let end = opened + distance;
            let next = match (unread[end], unread.get(end + 1)) {
                (b'\r', Some(b'\n')) => end + 2,
                (b'\r', None) if !self.text.at_end() => {
                    self.text.fill()?;
                    continue;
                }
                _ => end + 1,
            };
            if end > LONGEST_ROW {
                return self.too_long().map(Some);
            }
            let lines = 1 + line_ends(&unread[..end]);
            return Ok(Some(self.take(end, next, lines, Some(Fault::UnterminatedQuote))));
        }
        Ok(None)
    }

    /// Where the first quote opens that is closed on another line.
    fn first_reaching_over_lines(&self) -> Option<usize> {
        let unread = self.text.unread();
        let field = self
            .fields
            .iter()
            .find(|field| field.quoted && memchr2(b'\n', b'\r', &unread[field.start..field.end]).is_some())?;
        Some(field.start - 1)
    }

    /// Skips a line that is too long to be a record.
    fn too_long(&mut self) -> Result<Record, FileFailure> {
        let (line, byte_offset) = (self.line, self.text.offset());
        let (kept, length) = self.text.skip_line(true)?;
        self.kept = kept;
        self.line += 1;
        Ok(Record { start: 0, end: 0, line, byte_offset, fault: Some(Fault::TooLong(length)) })
    }

    fn take(&mut self, end: usize, next: usize, lines: u64, fault: Option<Fault>) -> Record {
        let start = self.text.position();
        let record =
            Record { start, end: start + end, line: self.line, byte_offset: self.text.offset(), fault };
        self.record = start;
        self.line += lines;
        self.text.advance(next);
        record
    }
}

/// How many lines end in a text: with LF, CRLF or a lone CR.
pub(super) fn line_ends(text: &[u8]) -> u64 {
    memchr2_iter(b'\n', b'\r', text)
        .filter(|at| text[*at] == b'\n' || text.get(at + 1) != Some(&b'\n'))
        .count() as u64
}

#[derive(Clone, Copy)]
struct Marks {
    delimiter: u8,
    quote: Option<u8>,
    escape: Option<u8>,
}

/// Finds the fields of the record that begins the text, and its end.
fn scan(text: &[u8], is_whole: bool, marks: Marks, fields: &mut Vec<FieldAt>) -> Scan {
    let mut at = 0;
    let mut fault = None;
    let mut has_quotes = false;
    fields.clear();
    loop {
        let start = at;
        let mut quoted = None;
        if let Some(quote) = marks.quote
            && text.get(at) == Some(&quote)
        {
            has_quotes = true;
            let (close, escaped) = match closing_quote(text, at + 1, quote, marks.escape) {
                Some((close, _)) if close + 1 == text.len() && !is_whole => {
                    return Scan::NeedMore { opened: Some(at) };
                }
                Some(found) => found,
                None if is_whole => return Scan::Unterminated { opened: at },
                None => return Scan::NeedMore { opened: Some(at) },
            };
            quoted = Some(FieldAt { start: at + 1, end: close, quoted: true, escaped });
            at = close + 1;
            if let Some(byte) = text.get(at)
                && *byte != marks.delimiter
                && *byte != b'\n'
                && *byte != b'\r'
            {
                // A quote that opens on one line and is closed within the text of another was never meant to
                // reach so far.
                if memchr2(b'\n', b'\r', &text[start..close]).is_some() {
                    return Scan::Unterminated { opened: start };
                }
                fault = Some(Fault::TextAfterQuote);
            }
        }
        let end = match end_of_field(&text[at..], marks.delimiter) {
            Some(distance) => at + distance,
            None if is_whole => text.len(),
            None => return Scan::NeedMore { opened: None },
        };
        fields.push(quoted.unwrap_or(FieldAt { start, end, quoted: false, escaped: false }));
        let next = match text.get(end) {
            None | Some(b'\n') => (end + 1).min(text.len()),
            Some(b'\r') => match text.get(end + 1) {
                Some(b'\n') => end + 2,
                None if !is_whole => return Scan::NeedMore { opened: None },
                _ => end + 1,
            },
            Some(_) => {
                at = end + 1;
                continue;
            }
        };
        return Scan::Record { end, next, fault, has_quotes };
    }
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The next delimiter or line end. Fields are mostly shorter than what a call of `memchr` pays for, so the first
/// bytes are examined here, eight at a time.
#[inline]
fn end_of_field(text: &[u8], delimiter: u8) -> Option<usize> {
    let delimiters = LOW * u64::from(delimiter);
    let mut at = 0;
    for word in text.chunks_exact(8).take(4) {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(word);
        let word = u64::from_le_bytes(bytes);
        // The lowest bit that is set marks the first byte that is zero.
        let zeros = |word: u64| word.wrapping_sub(LOW) & !word & HIGH;
        let found = zeros(word ^ delimiters)
            | zeros(word ^ (LOW * b'\n' as u64))
            | zeros(word ^ (LOW * b'\r' as u64));
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    memchr3(delimiter, b'\n', b'\r', &text[at..]).map(|distance| at + distance)
}

/// Where the quote is closed that opens before `from`, and whether there are escapes on the way.
fn closing_quote(text: &[u8], mut from: usize, quote: u8, escape: Option<u8>) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        let rest = text.get(from..)?;
        let found = from
            + match escape {
                None => memchr(quote, rest)?,
                Some(escape) => memchr2(quote, escape, rest)?,
            };
        let is_escape = match escape {
            None => text.get(found + 1) == Some(&quote),
            Some(_) => text[found] != quote,
        };
        if !is_escape {
            return Some((found, escaped));
        }
        escaped = true;
        from = found + 2;
    }
}

/// Writes the fields with escapes into the scratch buffer as they are meant.
fn unescape(
    text: &[u8],
    fields: &mut [FieldAt],
    scratch: &mut Vec<u8>,
    quote: Option<u8>,
    escape: Option<u8>,
) {
    let Some(mark) = escape.or(quote) else { return };
    scratch.clear();
    for field in fields.iter_mut().filter(|field| field.escaped) {
        let from = scratch.len();
        let mut rest = &text[field.start..field.end];
        // Each mark is in front of the byte that it escapes.
        while let Some(found) = memchr(mark, rest) {
            scratch.extend_from_slice(&rest[..found]);
            scratch.extend(rest.get(found + 1));
            rest = rest.get(found + 2..).unwrap_or_default();
        }
        scratch.extend_from_slice(rest);
        *field = FieldAt { start: from, end: scratch.len(), ..*field };
    }
}
