//! Decodes a text file to UTF-8 from the encoding that its contract states, and computes places in the file back from
//! the decoded text.
//!
//! Nothing is repaired: bytes that are not valid UTF-8 pass through unchanged, and half of a surrogate pair in UTF-16
//! becomes the three bytes that it would have in UTF-8 (and which are not valid UTF-8), so that the row that contains
//! them can be rejected with all its bytes. The crate `encoding_rs` is not used because it replaces such bytes, reads
//! ISO-8859-1 as windows-1252 (as the WHATWG standard says) and does not tell byte offsets.

use super::compressed::reading_failure;
use super::source::read_some;
use crate::read_error::FileFailure;
use ingot_contract::Encoding;
use std::io::{Chain, Cursor, Empty, Read};

/// How many bytes of a file became how many bytes of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// As they were.
    Same,
    /// One byte a character.
    Single,
    /// Two bytes, and four for characters beyond the first 65,536.
    Double,
}

impl Width {
    /// The length in the file of this text. It must begin and end between characters.
    pub(crate) fn in_file(self, text: &[u8]) -> u64 {
        let leads = || text.iter().filter(|byte| **byte & 0xC0 != 0x80);
        match self {
            Self::Same => text.len() as u64,
            Self::Single => leads().count() as u64,
            Self::Double => leads().map(|lead| if *lead >= 0xF0 { 4 } else { 2 }).sum(),
        }
    }
}

enum Decoder {
    None,
    /// What each byte is.
    Single(fn(u8) -> char),
    Utf16 {
        unit: fn([u8; 2]) -> u16,
        /// The first byte of a unit whose second is still to come.
        half: Option<u8>,
        /// The first unit of a pair whose second is still to come.
        lead: Option<u16>,
    },
}

/// The text of a file, read as UTF-8.
pub(crate) struct TextInput<R> {
    input: Chain<Cursor<Vec<u8>>, R>,
    decoder: Decoder,
    raw: Vec<u8>,
    /// Decoded text, handed out up to `given`.
    text: Vec<u8>,
    given: usize,
}

/// Bytes of the longest byte order mark.
const LONGEST_MARK: usize = 3;
const CHUNK: usize = 64 << 10;

impl TextInput<Empty> {
    /// An input that is at its end.
    pub(crate) fn nothing() -> Self {
        Self {
            input: Cursor::new(Vec::new()).chain(std::io::empty()),
            decoder: Decoder::None,
            raw: Vec::new(),
            text: Vec::new(),
            given: 0,
        }
    }
}

impl<R: Read> TextInput<R> {
    /// Reads the byte order mark, if there is one. Also returns the length of the mark and the width.
    pub(crate) fn open(mut input: R, encoding: Encoding) -> Result<(Self, u64, Width), FileFailure> {
        let mut first = vec![0; LONGEST_MARK];
        let mut length = 0;
        while length < first.len() {
            match read_some(&mut input, &mut first[length..]).map_err(|error| reading_failure(&error))? {
                0 => break,
                count => length += count,
            }
        }
        first.truncate(length);
        let (marked, mark) = match first.as_slice() {
            [0xEF, 0xBB, 0xBF, ..] => (Some(Encoding::Utf8), 3),
            [0xFF, 0xFE, ..] => (Some(Encoding::Utf16Le), 2),
            [0xFE, 0xFF, ..] => (Some(Encoding::Utf16Be), 2),
            _ => (None, 0),
        };
        let encoding = match (encoding, marked) {
            (Encoding::Utf16, Some(marked @ (Encoding::Utf16Le | Encoding::Utf16Be))) => marked,
            (Encoding::Utf16, None) if !first.is_empty() => {
                return Err(FileFailure::new(
                    "WRONG_ENCODING",
                    "the file has no byte order mark; write utf-16le or utf-16be into the contract instead of utf-16",
                ));
            }
            (_, None) => encoding,
            (stated, Some(marked)) if stated == marked => encoding,
            (_, Some(marked)) => {
                return Err(FileFailure::new(
                    "WRONG_ENCODING",
                    format!(
                        "the file begins with the byte order mark of {}, which is not the encoding in the contract",
                        if marked == Encoding::Utf8 { "utf-8" } else { "utf-16" }
                    ),
                ));
            }
        };
        let (decoder, width, mark) = match encoding {
            Encoding::Utf8 => (Decoder::None, Width::Same, mark),
            Encoding::Latin1 => (Decoder::Single(char::from), Width::Single, 0),
            Encoding::Windows1252 => (Decoder::Single(windows_1252), Width::Single, 0),
            Encoding::Utf16 | Encoding::Utf16Le => {
                (Decoder::Utf16 { unit: u16::from_le_bytes, half: None, lead: None }, Width::Double, mark)
            }
            Encoding::Utf16Be => {
                (Decoder::Utf16 { unit: u16::from_be_bytes, half: None, lead: None }, Width::Double, mark)
            }
        };
        first.drain(..mark);
        let raw = if matches!(decoder, Decoder::None) { Vec::new() } else { vec![0; CHUNK] };
        let input = Cursor::new(first).chain(input);
        Ok((Self { input, decoder, raw, text: Vec::new(), given: 0 }, mark as u64, width))
    }

    /// The next bytes of the text; 0 at its end.
    pub(crate) fn read(&mut self, out: &mut [u8]) -> Result<usize, FileFailure> {
        if matches!(self.decoder, Decoder::None) {
            return read_some(&mut self.input, out).map_err(|error| reading_failure(&error));
        }
        while self.given == self.text.len() {
            self.text.clear();
            self.given = 0;
            let count = read_some(&mut self.input, &mut self.raw).map_err(|error| reading_failure(&error))?;
            if count == 0 {
                self.end()?;
                if self.text.is_empty() {
                    return Ok(0);
                }
                break;
            }
            self.decode(count);
        }
        let length = out.len().min(self.text.len() - self.given);
        out[..length].copy_from_slice(&self.text[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }

    /// Decodes the first `count` raw bytes.
    fn decode(&mut self, count: usize) {
        match &mut self.decoder {
            Decoder::None => {}
            Decoder::Single(character) => {
                let mut utf8 = [0; 4];
                for byte in &self.raw[..count] {
                    self.text.extend_from_slice(character(*byte).encode_utf8(&mut utf8).as_bytes());
                }
            }
            Decoder::Utf16 { unit, half, lead } => {
                for byte in &self.raw[..count] {
                    match half.take() {
                        None => *half = Some(*byte),
                        Some(first) => push_unit(unit([first, *byte]), lead, &mut self.text),
                    }
                }
            }
        }
    }

    fn end(&mut self) -> Result<(), FileFailure> {
        if let Decoder::Utf16 { half, lead, .. } = &mut self.decoder {
            if half.is_some() {
                return Err(FileFailure::new(
                    "TRUNCATED",
                    "the file ends in the middle of a UTF-16 character; nothing of it is loaded",
                ));
            }
            if let Some(lone) = lead.take() {
                push_lone(lone, &mut self.text);
            }
        }
        Ok(())
    }
}

/// One unit of UTF-16; `lead` is the first half of a pair, if one came before it.
fn push_unit(unit: u16, lead: &mut Option<u16>, text: &mut Vec<u8>) {
    let is_trail = (0xDC00..=0xDFFF).contains(&unit);
    if let Some(first) = lead.take() {
        if is_trail {
            let number = 0x1_0000 + ((u32::from(first) - 0xD800) << 10) + (u32::from(unit) - 0xDC00);
            push_char(char::from_u32(number), text);
            return;
        }
        push_lone(first, text);
    }
    if (0xD800..=0xDBFF).contains(&unit) {
        *lead = Some(unit);
    } else if is_trail {
        push_lone(unit, text);
    } else {
        push_char(char::from_u32(u32::from(unit)), text);
    }
}

fn push_char(character: Option<char>, text: &mut Vec<u8>) {
    let mut utf8 = [0; 4];
    let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
    text.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
}

/// Half a pair, as three bytes that are not valid UTF-8.
fn push_lone(unit: u16, text: &mut Vec<u8>) {
    text.extend_from_slice(&[0xED, 0x80 | (unit >> 6 & 0x3F) as u8, 0x80 | (unit & 0x3F) as u8]);
}

/// The characters of the bytes 80 to 9F; those that are not assigned stay the controls that they are in Latin-1.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8], encoding: Encoding) -> Result<(Vec<u8>, u64), &'static str> {
        let (mut input, mark, width) = TextInput::open(bytes, encoding).map_err(|failure| failure.code)?;
        let mut text = Vec::new();
        // Three bytes at a time, so that characters cross borders.
        let mut out = [0; 3];
        loop {
            match input.read(&mut out).map_err(|failure| failure.code)? {
                0 => break,
                count => text.extend_from_slice(&out[..count]),
            }
        }
        let length = mark + width.in_file(&text);
        Ok((text, length))
    }

    #[test]
    fn utf16_in_both_orders_with_pairs_and_halves_of_pairs() {
        let units: Vec<u16> = "aé€\u{1F600}\n".encode_utf16().chain([0xD800, 0x62, 0xDC00, 0xD83D]).collect();
        let mut expected = "aé€\u{1F600}\n".as_bytes().to_vec();
        expected.extend(b"\xED\xA0\x80b\xED\xB0\x80\xED\xA0\xBD");
        let le: Vec<u8> = [0xFEFF].iter().chain(&units).flat_map(|unit| unit.to_le_bytes()).collect();
        let be: Vec<u8> = [0xFEFF].iter().chain(&units).flat_map(|unit| unit.to_be_bytes()).collect();
        for (bytes, encoding) in [
            (&le, Encoding::Utf16),
            (&be, Encoding::Utf16),
            (&le, Encoding::Utf16Le),
            (&be, Encoding::Utf16Be),
        ] {
            assert_eq!(decode(bytes, encoding), Ok((expected.clone(), bytes.len() as u64)));
        }
        assert_eq!(decode(&le[2..], Encoding::Utf16Le), Ok((expected, le.len() as u64 - 2)));
        assert_eq!(decode(&le[2..], Encoding::Utf16), Err("WRONG_ENCODING"));
        assert_eq!(decode(&le, Encoding::Utf16Be), Err("WRONG_ENCODING"));
        assert_eq!(decode(&le, Encoding::Utf8), Err("WRONG_ENCODING"));
        assert_eq!(decode(&le[..le.len() - 1], Encoding::Utf16), Err("TRUNCATED"));
    }

    #[test]
    fn single_bytes_are_characters() {
        let all: Vec<u8> = (0..=255).collect();
        let latin: String = all.iter().map(|byte| char::from(*byte)).collect();
        assert_eq!(decode(&all, Encoding::Latin1), Ok((latin.into_bytes(), 256)));
        assert_eq!(decode(b"\x80\x93\xE9", Encoding::Windows1252), Ok(("€“é".into(), 3)));
    }

    #[test]
    fn utf8_comes_through_as_it_is() {
        assert_eq!(decode(b"\xEF\xBB\xBFa\xFF", Encoding::Utf8), Ok((b"a\xFF".to_vec(), 5)));
        assert_eq!(decode(b"", Encoding::Utf8), Ok((Vec::new(), 0)));
        assert_eq!(decode(b"", Encoding::Utf16), Ok((Vec::new(), 0)));
    }
}
