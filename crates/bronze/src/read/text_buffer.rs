//! A window on a text file: what was read and is not used yet. It knows its place in the file, grows for a long row
//! up to a limit, and lets go of what is longer.

use super::encoding::{TextInput, Width};
use crate::read_error::FileFailure;
use crate::row::Reason;
use ingot_contract::Encoding;
use memchr::{memchr, memchr2};
use std::cell::RefCell;
use std::io::{Empty, Read};

/// Bytes of one read.
const CHUNK: usize = 1 << 20;
/// A row of more bytes is rejected: a line without an end must not fill the memory.
pub(crate) const LONGEST_ROW: usize = 64 << 20;
/// Of a row that is too long these many bytes are kept.
pub(crate) const KEPT: usize = 64 << 10;

thread_local! {
    /// The window of the file before: there may be thousands of small files.
    static SPARE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

pub(crate) struct TextBuffer<R> {
    input: TextInput<R>,
    width: Width,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Of `start`, in the (expanded) file.
    offset: u64,
    at_end: bool,
    /// Whether this is a part of a text: when it is used up, there is more, but not here.
    is_part: bool,
    /// Whether a part was asked for more than it has.
    is_spent: bool,
}

/// Parts of a text, which are read apart.
impl TextBuffer<Empty> {
    pub(crate) fn empty() -> Self {
        let (input, width) = (TextInput::nothing(), Width::Same);
        Self {
            input,
            width,
            bytes: Vec::new(),
            start: 0,
            end: 0,
            offset: 0,
            at_end: true,
            is_part: true,
            is_spent: false,
        }
    }

    /// The part with these bytes before it. Its place in the file is now `offset`.
    pub(crate) fn after(mut self, mut before: Vec<u8>, offset: u64) -> Self {
        before.extend_from_slice(self.unread());
        (self.start, self.end, self.bytes) = (0, before.len(), before);
        self.return_to(0, offset);
        self
    }
}

impl<R: Read> TextBuffer<R> {
    pub(crate) fn open(input: R, encoding: Encoding) -> Result<Self, FileFailure> {
        let (input, offset, width) = TextInput::open(input, encoding)?;
        let mut bytes = SPARE.with(RefCell::take);
        if bytes.is_empty() {
            bytes = vec![0; CHUNK];
        }
        Ok(Self {
            input,
            width,
            bytes,
            start: 0,
            end: 0,
            offset,
            at_end: false,
            is_part: false,
            is_spent: false,
        })
    }

    /// The next `count` bytes as a part of their own.
    pub(crate) fn cut(&mut self, count: usize) -> TextBuffer<Empty> {
        let mut part = TextBuffer::empty();
        part.bytes = self.unread()[..count].to_vec();
        (part.end, part.offset, part.width) = (count, self.offset, self.width);
        part.at_end = self.at_end && count == self.unread().len();
        self.advance(count);
        part
    }

    /// Puts bytes before the window again, whose place in the file is `offset`.
    pub(crate) fn put_back(&mut self, bytes: &[u8], offset: u64) {
        self.bytes.truncate(self.end);
        self.bytes.splice(..self.start, bytes.iter().copied());
        (self.start, self.end, self.offset) = (0, self.bytes.len(), offset);
    }

    /// Goes back to a [`Self::position`], which is at this place in the file. Nothing may have been [filled](Self::fill) since.
    pub(crate) fn return_to(&mut self, position: usize, offset: u64) {
        (self.start, self.offset, self.is_spent) = (position, offset, false);
    }

    /// Whether this is a part of a text.
    pub(crate) fn is_part(&self) -> bool {
        self.is_part
    }

    /// Whether this is a part of a text, and what is unread of it needs the next part.
    #[inline]
    pub(crate) fn is_spent(&self) -> bool {
        self.is_spent
    }

    /// What is there and not yet used.
    #[inline]
    pub(crate) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Whether nothing comes after what is there.
    #[inline]
    pub(crate) fn at_end(&self) -> bool {
        self.at_end
    }

    /// Where in the file the unread part begins.
    #[inline]
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The used part's end; stays what it is until the next [`Self::fill`].
    #[inline]
    pub(crate) fn position(&self) -> usize {
        self.start
    }

    /// Bytes of the window, by [`Self::position`]s.
    #[inline]
    pub(crate) fn slice(&self, from: usize, to: usize) -> &[u8] {
        &self.bytes[from..to]
    }

    /// Uses the next `count` bytes.
    #[inline]
    pub(crate) fn advance(&mut self, count: usize) {
        let from = self.start;
        self.start += count;
        self.offset += match self.width {
            Width::Same => count as u64,
            other => other.in_file(&self.bytes[from..self.start]),
        };
    }

    /// Reads on, at least one byte or to the end, or is [spent](Self::is_spent). Positions from before are void.
    pub(crate) fn fill(&mut self) -> Result<(), FileFailure> {
        if self.is_part {
            self.is_spent = true;
            return Ok(());
        }
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        // A row that is longer than the window makes it grow by doubling, so that it is not searched too often.
        if self.end * 2 > self.bytes.len() {
            let larger = (self.bytes.len() * 2).max(CHUNK);
            self.bytes.resize(larger, 0);
        }
        while self.end < self.bytes.len() {
            match self.input.read(&mut self.bytes[self.end..])? {
                0 => {
                    self.at_end = true;
                    break;
                }
                count => self.end += count,
            }
        }
        Ok(())
    }

    /// Whether the window holds more than the longest row that is accepted.
    pub(crate) fn is_full(&self) -> bool {
        self.end - self.start > LONGEST_ROW
    }

    /// Uses the rest of the line, whatever its length, and its end. Returns the first bytes of it (cut between characters)
    /// and how many bytes of text it has.
    pub(crate) fn skip_line(&mut self, cr_ends_lines: bool) -> Result<(Vec<u8>, u64), FileFailure> {
        let mut kept = Vec::new();
        let mut length = 0;
        loop {
            let unread = self.unread();
            let found = if cr_ends_lines { memchr2(b'\n', b'\r', unread) } else { memchr(b'\n', unread) };
            let count = found.unwrap_or(unread.len());
            let room = (KEPT - kept.len()).min(count);
            kept.extend_from_slice(&unread[..room]);
            length += count as u64;
            match found {
                Some(at) if unread[at] == b'\r' && at + 1 == unread.len() && !self.at_end => {
                    // Perhaps the first half of CRLF.
                    self.advance(at);
                    self.fill()?;
                    let crlf = self.unread().get(1) == Some(&b'\n');
                    self.advance(1 + usize::from(crlf));
                    break;
                }
                Some(at) => {
                    let crlf = unread[at] == b'\r' && unread.get(at + 1) == Some(&b'\n');
                    self.advance(at + 1 + usize::from(crlf));
                    break;
                }
                None => {
                    self.advance(count);
                    if self.at_end {
                        break;
                    }
                    self.fill()?;
                }
            }
        }
        cut_between_characters(&mut kept);
        Ok((kept, length))
    }
}

impl<R> Drop for TextBuffer<R> {
    fn drop(&mut self) {
        if !self.is_part && self.bytes.len() <= 4 * CHUNK {
            SPARE.with(|spare| spare.replace(std::mem::take(&mut self.bytes)));
        }
    }
}

/// The reason against a line of this many bytes.
pub(crate) fn too_long(bytes: u64) -> Reason {
    Reason::of_row(
        "LINE_TOO_LONG",
        format!(
            "a line of at most {} MiB; this one has {bytes} bytes, of which only the first are kept here",
            LONGEST_ROW >> 20
        ),
    )
}

/// Removes the beginning of a character whose end is missing.
pub(crate) fn cut_between_characters(text: &mut Vec<u8>) {
    if let Err(error) = std::str::from_utf8(text)
        && error.error_len().is_none()
    {
        text.truncate(error.valid_up_to());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_any_length_is_skipped_and_its_length_told() {
        let mut text = "é".repeat(3 * CHUNK).into_bytes();
        text.extend(b"\r\nnext\rlast");
        let mut buffer = TextBuffer::open(&text[..], Encoding::Utf8).unwrap();
        buffer.fill().unwrap();
        let (kept, length) = buffer.skip_line(true).unwrap();
        assert_eq!((kept.len(), length), (KEPT, 6 * CHUNK as u64));
        assert_eq!(buffer.offset(), 6 * CHUNK as u64 + 2);
        assert_eq!(buffer.skip_line(true).unwrap(), (b"next".to_vec(), 4));
        assert_eq!(buffer.skip_line(false).unwrap(), (b"last".to_vec(), 4));
        assert!(buffer.unread().is_empty() && buffer.at_end());
    }
}
