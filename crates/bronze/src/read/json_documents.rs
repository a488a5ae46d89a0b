//! JSON documents in any layout: an array of records, one record after the other, or records somewhere inside a document.
//!
//! Nothing but one record at a time is in memory. What is around the records is followed member by member, and what the
//! path does not name is passed over without being looked at, except for its brackets and quotes.
//!
//! A record is found by its brackets, so that one that is not JSON (`{"a": NaN}`) is rejected by itself, with its text. If
//! the structure around the records is broken, nobody knows where the next one begins: then the file is refused, with the
//! place.

use super::json::{self, KnownNames};
use super::record::{Expected, take_record};
use super::row_sink::RowSink;
use super::text_buffer::{KEPT, LONGEST_ROW, TextBuffer, cut_between_characters, too_long};
use crate::read_error::{FileFailure, ReadError};
use crate::row::{Position, Reason};
use ingot_contract::PathStep;
use memchr::{memchr_iter, memchr2};
use std::io::Read;

pub(crate) struct JsonDocuments<'p, R> {
    text: TextBuffer<R>,
    /// From a document to its records.
    path: &'p [PathStep],
    /// Of the next byte, from 1.
    line: u64,
    rows: u64,
    /// The names of the last record's members.
    known: KnownNames,
}

impl<'p, R: Read> JsonDocuments<'p, R> {
    pub(crate) fn new(text: TextBuffer<R>, path: &'p [PathStep]) -> Self {
        Self { text, path, line: 1, rows: 0, known: KnownNames::default() }
    }

    /// # Errors
    /// `BROKEN_JSON`, `RECORD_PATH_MISSING`, and those of the sink.
    pub(crate) fn read<S: RowSink>(mut self, sink: &mut S) -> Result<(), ReadError> {
        while let Some(first) = self.next()? {
            if !matches!(first, b'{' | b'[') {
                return Err(self.broken("an object or an array").into());
            }
            self.visit(self.path, sink)?;
        }
        Ok(())
    }

    /// Takes the records that the steps lead to from the value that begins here.
    fn visit<S: RowSink>(&mut self, steps: &[PathStep], sink: &mut S) -> Result<(), ReadError> {
        let first = self.next()?;
        let Some((step, steps)) = steps.split_first() else { return self.record(sink) };
        match (step, first) {
            (PathStep::Each | PathStep::EachOrSelf, Some(b'[')) => self.elements(steps, sink),
            (PathStep::Member(name), Some(b'{')) => self.members(name, steps, sink),
            (PathStep::EachOrSelf, Some(b'n')) => Ok(self.skip_value()?),
            (PathStep::EachOrSelf, _) => self.visit(steps, sink),
            (PathStep::Each, _) => Err(self.no_path("an array").into()),
            (PathStep::Member(name), _) => {
                Err(self.no_path(&format!("an object with the member '{name}'")).into())
            }
        }
    }

    fn elements<S: RowSink>(&mut self, steps: &[PathStep], sink: &mut S) -> Result<(), ReadError> {
        self.advance(1);
        if self.next()? == Some(b']') {
            self.advance(1);
            return Ok(());
        }
        loop {
            self.visit(steps, sink)?;
            match self.next()? {
                Some(b',') => self.advance(1),
                Some(b']') => {
                    self.advance(1);
                    return Ok(());
                }
                _ => return Err(self.broken("a comma or the end of the array").into()),
            }
        }
    }

    fn members<S: RowSink>(&mut self, name: &str, steps: &[PathStep], sink: &mut S) -> Result<(), ReadError> {
        let (line, offset) = (self.line, self.text.offset());
        let mut is_there = false;
        self.advance(1);
        if self.next()? == Some(b'}') {
            self.advance(1);
        } else {
            loop {
                if self.next()? != Some(b'"') {
                    return Err(self.broken("the name of a member, in quotes").into());
                }
                let is_named = self.name()? == name;
                if self.next()? != Some(b':') {
                    return Err(self.broken("a colon after the name of a member").into());
                }
                self.advance(1);
                self.next()?;
                if is_named {
                    is_there = true;
                    self.visit(steps, sink)?;
                } else {
                    self.skip_value()?;
                }
                match self.next()? {
                    Some(b',') => self.advance(1),
                    Some(b'}') => {
                        self.advance(1);
                        break;
                    }
                    _ => return Err(self.broken("a comma or the end of the object").into()),
                }
            }
        }
        if is_there { Ok(()) } else { Err(missing(line, offset, &format!("a member '{name}'")).into()) }
    }

    /// The name of a member, without quotes and escapes.
    fn name(&mut self) -> Result<String, FileFailure> {
        let length = match self.measure(b'"')? {
            Measured::Whole(length) => length,
            Measured::TooLong { .. } => return Err(self.broken("a shorter name of a member")),
        };
        let text = std::str::from_utf8(&self.text.unread()[..length]).unwrap_or_default();
        let name = json::cell(text).map(|name| name.into_owned()).unwrap_or_default();
        self.advance(length);
        Ok(name)
    }

    /// Hands over the value that begins here as a row.
    fn record<S: RowSink>(&mut self, sink: &mut S) -> Result<(), ReadError> {
        let first = self.first_of_value()?;
        self.rows += 1;
        let position =
            Position { row: self.rows, line: Some(self.line), byte_offset: Some(self.text.offset()) };
        let length = match self.measure(first)? {
            Measured::Whole(length) => length,
            Measured::TooLong { kept, length } => {
                return sink.bad_row(position, &kept, vec![too_long(length)]);
            }
        };
        let raw = &self.text.unread()[..length];
        match std::str::from_utf8(raw) {
            Ok(text) => take_record(text, &mut self.known, position, sink, &EXPECTED)?,
            Err(_) => sink.bad_row(position, raw, vec![Reason::not_utf8()])?,
        }
        self.advance(length);
        Ok(())
    }

    fn skip_value(&mut self) -> Result<(), FileFailure> {
        let mut extent = Extent::of(self.first_of_value()?);
        self.skip(&mut extent).map(|_| ())
    }

    /// The first byte of a value that should begin here.
    fn first_of_value(&mut self) -> Result<u8, FileFailure> {
        match self.next()? {
            None | Some(b'}' | b']' | b',' | b':') => Err(self.broken("a value")),
            Some(first) => Ok(first),
        }
    }

    /// How long the value is that begins here. One that is too long for the memory is used up.
    fn measure(&mut self, first: u8) -> Result<Measured, FileFailure> {
        let mut extent = Extent::of(first);
        let mut scanned = 0;
        loop {
            let unread = self.text.unread();
            let found = extent.scan(&unread[scanned..]);
            scanned = found.map_or(unread.len(), |end| scanned + end);
            let is_whole = found.is_some() || (self.text.at_end() && extent.is_scalar);
            if scanned > LONGEST_ROW {
                let mut kept = unread[..KEPT].to_vec();
                cut_between_characters(&mut kept);
                self.advance(scanned);
                let rest = if is_whole { 0 } else { self.skip(&mut extent)? };
                return Ok(Measured::TooLong { kept, length: scanned as u64 + rest });
            }
            if is_whole {
                return Ok(Measured::Whole(scanned));
            }
            if self.text.at_end() {
                return Err(self.broken("a value that ends before the file does"));
            }
            self.text.fill()?;
        }
    }

    /// Uses what is left of a value, whatever its length, and says how many bytes that were.
    fn skip(&mut self, extent: &mut Extent) -> Result<u64, FileFailure> {
        let mut length = 0;
        loop {
            let unread = self.text.unread();
            let found = extent.scan(unread);
            let count = found.unwrap_or(unread.len());
            self.advance(count);
            length += count as u64;
            if found.is_some() || (self.text.at_end() && extent.is_scalar) {
                return Ok(length);
            }
            if self.text.at_end() {
                return Err(self.broken("a value that ends before the file does"));
            }
            self.text.fill()?;
        }
    }

    /// Uses white space, and looks at what comes then; `None` at the end of the file.
    fn next(&mut self) -> Result<Option<u8>, FileFailure> {
        loop {
            let unread = self.text.unread();
            let space = unread.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
            let found = unread.get(space).copied();
            self.advance(space);
            if found.is_some() || self.text.at_end() {
                return Ok(found);
            }
            self.text.fill()?;
        }
    }

    fn advance(&mut self, count: usize) {
        self.line += memchr_iter(b'\n', &self.text.unread()[..count]).count() as u64;
        self.text.advance(count);
    }

    fn broken(&self, expected: &str) -> FileFailure {
        FileFailure::new(
            "BROKEN_JSON",
            format!("on line {}, at byte {}: {expected} should be here", self.line, self.text.offset() + 1),
        )
    }

    fn no_path(&self, expected: &str) -> FileFailure {
        missing(self.line, self.text.offset(), expected)
    }
}

/// `offset` is counted from 0.
fn missing(line: u64, offset: u64, expected: &str) -> FileFailure {
    FileFailure::new(
        "RECORD_PATH_MISSING",
        format!(
            "the value on line {line}, at byte {}, is not what the contract's recordPath leads through: {expected}",
            offset + 1
        ),
    )
}

enum Measured {
    /// Its bytes, which are all in the window.
    Whole(usize),
    /// Its first bytes, and how many it has.
    TooLong { kept: Vec<u8>, length: u64 },
}

/// Finds the end of a value by its brackets and quotes.
struct Extent {
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    /// A number or a word, which the next sign ends.
    is_scalar: bool,
}

/// Bytes outside strings that say where a value ends.
const STRUCTURAL: [bool; 256] = {
    let mut table = [false; 256];
    table[b'"' as usize] = true;
    table[b'{' as usize] = true;
    table[b'}' as usize] = true;
    table[b'[' as usize] = true;
    table[b']' as usize] = true;
    table
};

impl Extent {
    fn of(first: u8) -> Self {
        Self {
            depth: 0,
            in_string: false,
            is_escaped: false,
            is_scalar: !matches!(first, b'{' | b'[' | b'"'),
        }
    }

    /// The end of the value in the next bytes of it; `None` if it goes on.
    fn scan(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.is_scalar {
            return bytes.iter().position(|byte| {
                matches!(byte, b',' | b']' | b'}' | b'[' | b'{' | b'"' | b':' | b' ' | b'\t' | b'\n' | b'\r')
            });
        }
        let mut at = 0;
        while at < bytes.len() {
            if self.is_escaped {
                self.is_escaped = false;
                at += 1;
            } else if self.in_string {
                at += memchr2(b'"', b'\\', &bytes[at..])? + 1;
                if bytes[at - 1] == b'\\' {
                    self.is_escaped = true;
                    continue;
                }
                self.in_string = false;
                if self.depth == 0 {
                    return Some(at);
                }
            } else {
                at += bytes[at..].iter().position(|byte| STRUCTURAL[usize::from(*byte)])? + 1;
                match bytes[at - 1] {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    _ => {
                        self.depth = self.depth.saturating_sub(1);
                        if self.depth == 0 {
                            return Some(at);
                        }
                    }
                }
            }
        }
        None
    }
}

const EXPECTED: Expected =
    Expected { of_another_value: "a JSON object", up_to_byte: "a JSON object; at its byte" };

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Where the value ends when its bytes come a few at a time.
    fn end(text: &[u8], piece: usize) -> Option<usize> {
        let mut extent = Extent::of(text[0]);
        let mut from = 0;
        for bytes in text.chunks(piece) {
            if let Some(at) = extent.scan(bytes) {
                return Some(from + at);
            }
            from += bytes.len();
        }
        None
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(serde_json::Value::from),
            "[a-z\"\\\\{}\\[\\],:\n é]{0,8}".prop_map(serde_json::Value::from),
            Just(serde_json::Value::Null),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(serde_json::Value::from),
                prop::collection::btree_map("[a\"\\\\}]{0,3}", inner, 0..3)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_ends_where_it_was_written_to(value in json(), pretty: bool, piece in 1..9_usize) {
            let written = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let written = written.unwrap();
            let text = format!("{written}, {{\"next\": 1}}");
            prop_assert_eq!(end(text.as_bytes(), piece), Some(written.len()));
        }
    }
}
