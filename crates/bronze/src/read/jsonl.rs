//! JSON lines: each line is one JSON object, which names its own columns.
//!
//! LF or CRLF ends a line; a line of white space is not a row.

use super::json::KnownNames;
use super::parts::{PartedText, Place};
use super::record::{Expected, take_record};
use super::row_sink::RowSink;
use super::text_buffer::{LONGEST_ROW, TextBuffer, too_long};
use crate::read_error::{FileFailure, ReadError};
use crate::row::{Position, Reason};
use memchr::{memchr, memrchr};
use std::io::Read;

/// The lines of a text.
struct Lines<R> {
    text: TextBuffer<R>,
    line: u64,
}

/// One line; positions are those of the window.
struct Line {
    from: usize,
    to: usize,
    number: u64,
    byte_offset: u64,
    /// The beginning of a line that is too long, and its length.
    too_long: Option<(Vec<u8>, u64)>,
}

impl<R: Read> Lines<R> {
    /// The next line; `None` at the end, or if what is left of a part needs the next one.
    fn next(&mut self) -> Result<Option<Line>, FileFailure> {
        let mut searched = 0;
        while !self.text.is_spent() {
            let unread = self.text.unread();
            let found = memchr(b'\n', &unread[searched..]).map(|distance| searched + distance);
            let (end, next) = match found {
                Some(end) => (end, end + 1),
                None if self.text.at_end() && unread.is_empty() => return Ok(None),
                None if self.text.at_end() => (unread.len(), unread.len()),
                None if self.text.is_full() => (unread.len(), unread.len()),
                None => {
                    searched = unread.len();
                    self.text.fill()?;
                    continue;
                }
            };
            self.line += 1;
            let mut line = Line {
                from: self.text.position(),
                to: self.text.position() + end,
                number: self.line,
                byte_offset: self.text.offset(),
                too_long: None,
            };
            if end > LONGEST_ROW {
                line.too_long = Some(self.text.skip_line(false)?);
                return Ok(Some(line));
            }
            if unread[..end].ends_with(b"\r") {
                line.to -= 1;
            }
            self.text.advance(next);
            return Ok(Some(line));
        }
        Ok(None)
    }
}

/// JSON lines, which need nothing before them.
pub(crate) struct JsonLines;

impl PartedText for JsonLines {
    fn announce<S: RowSink>(&self, _sink: &mut S) -> Result<(), ReadError> {
        Ok(())
    }

    fn likely_end(&self, text: &[u8]) -> Option<usize> {
        memrchr(b'\n', text).map(|at| at + 1)
    }

    fn read_rows<R: Read, S: RowSink>(
        &self,
        text: TextBuffer<R>,
        place: Place,
        sink: &mut S,
    ) -> Result<(TextBuffer<R>, Place), ReadError> {
        let mut lines = Lines { text, line: place.lines };
        let mut row = place.rows;
        let mut known = KnownNames::default();
        while let Some(line) = lines.next()? {
            let position =
                Position { row: row + 1, line: Some(line.number), byte_offset: Some(line.byte_offset) };
            if let Some((kept, length)) = &line.too_long {
                row += 1;
                sink.bad_row(position, kept, vec![too_long(*length)])?;
                continue;
            }
            let raw = lines.text.slice(line.from, line.to);
            if raw.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            row += 1;
            match simdutf8::basic::from_utf8(raw) {
                Ok(text) => take_record(text, &mut known, position, sink, &EXPECTED)?,
                Err(_) => sink.bad_row(position, raw, vec![Reason::not_utf8()])?,
            }
        }
        Ok((lines.text, Place { rows: row, lines: lines.line }))
    }
}

const EXPECTED: Expected = Expected {
    of_another_value: "a JSON object on one line; `format: json` in the contract reads arrays",
    up_to_byte: "a JSON object on one line (`format: json` in the contract reads any layout); at byte",
};

#[cfg(test)]
mod tests {
    use super::*;
    use ingot_contract::Encoding;

    #[test]
    fn lines_keep_their_places() {
        let long = "x".repeat(LONGEST_ROW + 1);
        let text = format!("\u{feff}one\r\n\ntwo\n{long}\nlast");
        let mut reader = Lines { text: TextBuffer::open(text.as_bytes(), Encoding::Utf8).unwrap(), line: 0 };
        let mut seen = Vec::new();
        while let Some(line) = reader.next().unwrap() {
            let length = line.too_long.as_ref().map_or(line.to - line.from, |(_, length)| *length as usize);
            seen.push((line.number, line.byte_offset, length, line.too_long.is_some()));
        }
        let after = (LONGEST_ROW + 15) as u64;
        assert_eq!(
            seen,
            [
                (1, 3, 3, false),
                (2, 8, 0, false),
                (3, 9, 3, false),
                (4, 13, LONGEST_ROW + 1, true),
                (5, after, 4, false)
            ]
        );
    }
}
