//! How the bytes of a record become fields, for marks that are any texts, and for escapes that count outside quotes. Slower
//! than `marks`, which reads the usual dialects.

use super::fault::Fault;
use super::marks::{Dialect, FieldAt, Scan};
use ingot_contract::WideCsvForm;
use memchr::memchr2;

#[derive(Clone)]
pub(crate) struct WideMarks {
    delimiter: Vec<u8>,
    /// Empty if quotes have no meaning.
    quote: Vec<u8>,
    escape: Option<Vec<u8>>,
    escapes_everywhere: bool,
    /// A field that is this text without quotes keeps its escapes: `\N`.
    null_texts: Vec<Vec<u8>>,
    /// How many bytes after a place must be there to tell what is at that place.
    reach: usize,
}

impl WideMarks {
    pub(crate) fn of(form: &WideCsvForm, null_texts: &[String]) -> Self {
        let bytes = |text: &String| text.as_bytes().to_vec();
        let delimiter = bytes(&form.delimiter);
        let quote = form.quote.as_ref().map(bytes).unwrap_or_default();
        let escape = form.escape.as_ref().map(bytes);
        let longest = delimiter.len().max(quote.len() * 2).max(escape.as_ref().map_or(0, Vec::len));
        Self {
            delimiter,
            quote,
            escape,
            escapes_everywhere: form.escapes_everywhere,
            null_texts: null_texts.iter().map(|text| text.as_bytes().to_vec()).collect(),
            // A character after an escape, or CRLF after a quote.
            reach: longest + 4,
        }
    }

    fn is_quote(&self, text: &[u8]) -> bool {
        !self.quote.is_empty() && text.starts_with(&self.quote)
    }

    /// The length of the escape at the beginning of the text together with the character after it.
    fn escape_length(&self, text: &[u8]) -> Option<usize> {
        let escape = self.escape.as_ref().filter(|escape| text.starts_with(escape))?;
        let rest = &text[escape.len()..];
        // The bytes after the first of a character are 10xxxxxx in UTF-8.
        let more = rest.iter().skip(1).take(3).take_while(|byte| **byte & 0xC0 == 0x80).count();
        Some(escape.len() + if rest.is_empty() { 0 } else { 1 + more })
    }

    /// Where the quote is closed that opens in front of `at`, and whether there are escapes on the way.
    fn closing_quote(&self, text: &[u8], mut at: usize, is_whole: bool) -> Option<(usize, bool)> {
        let mut escaped = false;
        loop {
            if at >= text.len() || (!is_whole && text.len() - at < self.reach) {
                return None;
            }
            let rest = &text[at..];
            if let Some(length) = self.escape_length(rest) {
                escaped = true;
                at += length;
            } else if self.is_quote(rest) {
                if self.escape.is_some() || !self.is_quote(&rest[self.quote.len()..]) {
                    return Some((at, escaped));
                }
                escaped = true;
                at += 2 * self.quote.len();
            } else {
                at += 1;
            }
        }
    }
}

fn ends_line(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'\n' | b'\r'))
}

impl Dialect for WideMarks {
    fn scan(&self, text: &[u8], is_whole: bool, fields: &mut Vec<FieldAt>) -> Scan {
        let is_near_end = |at: usize| !is_whole && text.len() - at < self.reach;
        let mut at = 0;
        let mut fault = None;
        let mut may_reach_over_lines = false;
        fields.clear();
        loop {
            let start = at;
            if is_near_end(at) {
                return Scan::NeedMore { opened: None };
            }
            let mut field = FieldAt { start, end: start, quoted: false, escaped: false };
            if self.is_quote(&text[at..]) {
                may_reach_over_lines = true;
                let inside = at + self.quote.len();
                let Some((close, escaped)) = self.closing_quote(text, inside, is_whole) else {
                    return if is_whole {
                        Scan::Unterminated { opened: start }
                    } else {
                        Scan::NeedMore { opened: Some(start) }
                    };
                };
                field = FieldAt { start: inside, end: close, quoted: true, escaped };
                at = close + self.quote.len();
                let after = &text[at..];
                if !after.is_empty() && !after.starts_with(&self.delimiter) && !ends_line(after) {
                    if memchr2(b'\n', b'\r', &text[start..close]).is_some() {
                        return Scan::Unterminated { opened: start };
                    }
                    fault = Some(Fault::TextAfterQuote);
                }
            }
            while at < text.len() && !ends_line(&text[at..]) && !text[at..].starts_with(&self.delimiter) {
                if is_near_end(at) {
                    return Scan::NeedMore { opened: None };
                }
                match self.escape_length(&text[at..]).filter(|_| self.escapes_everywhere && !field.quoted) {
                    Some(length) => {
                        field.escaped = true;
                        may_reach_over_lines = true;
                        at += length;
                    }
                    None => at += 1,
                }
            }
            if is_near_end(at) {
                return Scan::NeedMore { opened: None };
            }
            if !field.quoted {
                field.end = at;
            }
            fields.push(field);
            let next = match text[at..] {
                [b'\r', b'\n', ..] => at + 2,
                [b'\r' | b'\n', ..] => at + 1,
                [] => at,
                _ => {
                    at += self.delimiter.len();
                    continue;
                }
            };
            return Scan::Record { end: at, next, fault, has_quotes: may_reach_over_lines };
        }
    }

    fn unescape(&self, text: &[u8], fields: &mut [FieldAt], scratch: &mut Vec<u8>) {
        scratch.clear();
        for field in fields.iter_mut().filter(|field| field.escaped) {
            let mut rest = &text[field.start..field.end];
            if !field.quoted && self.null_texts.iter().any(|null| null == rest) {
                field.escaped = false;
                continue;
            }
            let from = scratch.len();
            while !rest.is_empty() {
                let (kept, used) = match (&self.escape, self.escape_length(rest)) {
                    (Some(escape), Some(length)) => (&rest[escape.len()..length], length),
                    (None, _) if self.is_quote(rest) => (&rest[..self.quote.len()], 2 * self.quote.len()),
                    _ => (&rest[..1], 1),
                };
                scratch.extend_from_slice(kept);
                rest = rest.get(used..).unwrap_or_default();
            }
            *field = FieldAt { start: from, end: scratch.len(), ..*field };
        }
    }

    fn quote(&self) -> &[u8] {
        &self.quote
    }
}
