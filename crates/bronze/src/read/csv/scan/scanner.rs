//! Finds records and fields in the window of a [`TextBuffer`].
//!
//! A field is copied only if it contains escapes. What is wrong with a record's form is a [`Fault`] of that record; the
//! record after it is found all the same.

use super::fault::Fault;
use super::marks::{Dialect, FieldAt, Scan};
use crate::read::text_buffer::{LONGEST_ROW, TextBuffer};
use crate::read_error::FileFailure;
use memchr::memmem;
use memchr::{memchr2, memchr2_iter};
use std::io::Read;

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

pub(crate) struct Scanner<R, D> {
    text: TextBuffer<R>,
    dialect: D,
    line: u64,
    /// A line that begins with it is not a record.
    comment: Option<Vec<u8>>,
    /// Whether an empty line ends the table.
    ends_at_empty_line: bool,
    /// How many fields a record should have, where that is known.
    expected_width: usize,
    /// Fields of a line that may be a record.
    probe: Vec<FieldAt>,
    fields: Vec<FieldAt>,
    scratch: Vec<u8>,
    /// The beginning of a record that was too long for the window.
    kept: Vec<u8>,
    /// The window's position of the last record.
    record: usize,
}

impl<R: Read, D: Dialect> Scanner<R, D> {
    /// For a text that begins after so many lines. Lines that begin with `comment` are not records.
    pub(crate) fn after(lines: u64, text: TextBuffer<R>, dialect: D, comment: Option<&str>) -> Self {
        Self {
            text,
            dialect,
            line: 1 + lines,
            comment: comment.map(|comment| comment.as_bytes().to_vec()),
            ends_at_empty_line: false,
            expected_width: 0,
            probe: Vec::new(),
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

    /// From now on an empty line ends the table.
    pub(crate) fn end_at_empty_line(&mut self) {
        self.ends_at_empty_line = true;
    }

    /// From now on a record should have this many fields. A quote over several lines is given up if the record does not
    /// have them and one of these lines does, with quotes of its own: then the quote was most likely left open by mistake.
    pub(crate) fn expect_width(&mut self, width: usize) {
        self.expected_width = width;
    }

    /// Skips a line, whatever is on it. Whether there was one.
    pub(crate) fn skip_line(&mut self) -> Result<bool, FileFailure> {
        if self.text.unread().is_empty() && !self.text.at_end() {
            self.text.fill()?;
        }
        if self.text.unread().is_empty() {
            return Ok(false);
        }
        self.text.skip_line(true)?;
        self.line += 1;
        Ok(true)
    }

    /// Reads to the end of the file, whose bytes are hashed as they are read.
    pub(crate) fn skip_rest(&mut self) -> Result<(), FileFailure> {
        while !self.text.at_end() {
            self.text.advance(self.text.unread().len());
            self.text.fill()?;
        }
        Ok(())
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
            if self.comment.is_some() && self.skip_comment()? {
                continue;
            }
            let unread = self.text.unread();
            match *unread {
                [] if self.text.at_end() => return Ok(None),
                [] => self.text.fill()?,
                [b'\r'] if !self.text.at_end() => self.text.fill()?,
                [b'\r' | b'\n', ..] if self.ends_at_empty_line => return Ok(None),
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

    /// Skips the line if it is a comment. Whether there is something else to be looked at first: the line after it, or the
    /// next part.
    fn skip_comment(&mut self) -> Result<bool, FileFailure> {
        let Some(comment) = &self.comment else { return Ok(false) };
        while self.text.unread().len() < comment.len() && !self.text.at_end() {
            self.text.fill()?;
            if self.text.is_spent() {
                return Ok(true);
            }
        }
        if !self.text.unread().starts_with(comment) {
            return Ok(false);
        }
        // A part may end within the line, or within its CRLF; then the line is for the next part.
        if self.text.is_part() && !self.text.at_end() {
            let unread = self.text.unread();
            let end = memchr2(b'\n', b'\r', unread);
            if end.is_none_or(|end| unread[end] == b'\r' && end + 1 == unread.len()) {
                self.text.fill()?;
                return Ok(true);
            }
        }
        self.skip_line()
    }

    fn empty_line(&mut self, length: usize) {
        self.text.advance(length);
        self.line += 1;
    }

    /// The record that begins here; `None` if there is more to be read first.
    fn record(&mut self) -> Result<Option<Record>, FileFailure> {
        let scan = self.dialect.scan(self.text.unread(), self.text.at_end(), &mut self.fields);
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
        if lines > 1
            && self.expected_width > 1
            && !(fault.is_none() && is_tidy(&self.fields, unread, &self.dialect, self.expected_width))
            && let Some(opened) = self.first_reaching_over_lines()
            && swallows_a_record(&unread[opened..end], &self.dialect, self.expected_width, &mut self.probe)
        {
            return self.give_up(opened);
        }
        if has_quotes {
            self.dialect.unescape(unread, &mut self.fields, &mut self.scratch);
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
        Some(field.start - self.dialect.quote().len())
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

/// Whether a line after the first of this text is by itself a record of this width, with quotes where they belong. The text
/// begins with a quote that is closed on one of these lines.
fn swallows_a_record(text: &[u8], dialect: &impl Dialect, width: usize, probe: &mut Vec<FieldAt>) -> bool {
    let quote = dialect.quote();
    let has_quote = |line: &&[u8]| memmem::find(line, quote).is_some();
    text.split(|byte| matches!(byte, b'\n' | b'\r')).skip(1).filter(has_quote).any(|line| {
        let scan = dialect.scan(line, true, probe);
        matches!(scan, Scan::Record { end, fault: None, .. } if end == line.len())
            && is_tidy(probe, line, dialect, width)
    })
}

/// Whether these are as many fields as there should be, none of which has a quote inside without being quoted.
fn is_tidy(fields: &[FieldAt], text: &[u8], dialect: &impl Dialect, width: usize) -> bool {
    fields.len() == width
        && fields.iter().all(|field| {
            field.quoted || memmem::find(&text[field.start..field.end], dialect.quote()).is_none()
        })
}
