//! How the bytes of a record become fields, for marks of single ASCII characters.

use super::fault::Fault;
use ingot_contract::CsvForm;
use memchr::{memchr, memchr2, memchr3};

/// Where a field's text is: relative to the record, or, if it held escapes, in the scratch buffer.
#[derive(Clone, Copy)]
pub(crate) struct FieldAt {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quoted: bool,
    pub(super) escaped: bool,
}

/// What one attempt to find a record's end found, relative to the record's beginning.
pub(crate) enum Scan {
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

/// What separates and quotes fields.
pub(crate) trait Dialect: Clone + Sync {
    /// Finds the fields of the record that begins the text, and its end. `is_whole` if nothing comes after the text.
    fn scan(&self, text: &[u8], is_whole: bool, fields: &mut Vec<FieldAt>) -> Scan;

    /// Writes the fields with escapes into the scratch buffer as they are meant.
    fn unescape(&self, text: &[u8], fields: &mut [FieldAt], scratch: &mut Vec<u8>);

    /// The quote; empty if there is none.
    fn quote(&self) -> &[u8];
}

/// Marks of single ASCII characters, as nearly every file has them.
#[derive(Clone, Copy)]
pub(crate) struct Marks {
    delimiter: u8,
    quote: Option<u8>,
    escape: Option<u8>,
}

impl Marks {
    pub(crate) fn of(form: &CsvForm) -> Self {
        Self { delimiter: form.delimiter, quote: form.quote, escape: form.escape }
    }
}

impl Dialect for Marks {
    #[inline]
    fn scan(&self, text: &[u8], is_whole: bool, fields: &mut Vec<FieldAt>) -> Scan {
        scan(text, is_whole, *self, fields)
    }

    fn unescape(&self, text: &[u8], fields: &mut [FieldAt], scratch: &mut Vec<u8>) {
        unescape(text, fields, scratch, self.quote, self.escape);
    }

    fn quote(&self) -> &[u8] {
        self.quote.as_slice()
    }
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
