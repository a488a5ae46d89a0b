//! One JSON text ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)), checked to its last byte and taken apart one level
//! deep.
//!
//! No values are built: each member is handed over as its slice of the text, so that numbers keep all their digits and
//! objects their spelling. Stricter than the grammar in one point: half of a surrogate pair (`"\ud800"`) is refused,
//! because it is not text and later programs would fail on it.

use memchr::memchr;
use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

/// The deepest nesting of arrays and objects that is read.
pub(crate) const DEEPEST: usize = 127;

/// Members that an object mostly has at most: room for them needs no memory of its own.
pub(crate) const MEMBERS: usize = 16;

/// A member of a JSON object, as slices of the object's text.
#[derive(Debug, Clone)]
pub struct Member<'t> {
    pub name: Cow<'t, str>,
    /// As it is written, a text in its quotes.
    pub value: &'t str,
    /// Whether the value is a text that is written with escapes.
    pub has_escapes: bool,
    /// Of two members at one place of their objects that have the same number here, other than 0, the names are equal.
    pub(crate) known_as: u64,
}

impl<'t> Member<'t> {
    pub(crate) fn is_text(&self) -> bool {
        self.value.starts_with('"')
    }

    /// As [`cell`], for a value without escapes, which need not be searched for again.
    #[inline]
    pub(crate) fn plain_text(&self) -> Option<&'t str> {
        match self.value.as_bytes() {
            b"null" => None,
            [b'"', ..] => Some(&self.value[1..self.value.len() - 1]),
            _ => Some(self.value),
        }
    }
}

/// Why a text is not a JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Something other than what is expected is at this byte (counted from 0).
    NotJson { at: usize, expected: &'static str },
    /// It is valid JSON, but another value than the one that is wanted.
    AnotherValue,
}

/// The names of the last object's members as they are written, by which those of the next one are known at a glance:
/// records mostly have the same members in the same order.
#[derive(Default)]
pub(crate) struct KnownNames {
    /// With their quotes and the colon behind them.
    written: Vec<String>,
    /// [`Member::known_as`] of the names as they are now.
    known_as: u64,
}

impl KnownNames {
    /// The length of the name that begins this text with its quotes and colon, and as what it is known, if it is the known one
    /// of this place.
    #[inline]
    fn known_at(&self, place: usize, text: &[u8]) -> Option<(usize, u64)> {
        let written = self.written.get(place)?.as_bytes();
        begins_with(text, written).then_some((written.len(), self.known_as))
    }

    fn learn(&mut self, place: usize, written: &str) {
        static STATES: AtomicU64 = AtomicU64::new(1);
        self.known_as = STATES.fetch_add(1, Ordering::Relaxed);
        if let Some(known) = self.written.get_mut(place) {
            known.clear();
            known.push_str(written);
        } else if place < MEMBERS {
            self.written.push(written.to_owned());
        }
    }
}

/// As `starts_with`, for the few bytes of a name, where calling the library's comparison takes longer than comparing.
#[inline]
fn begins_with(text: &[u8], start: &[u8]) -> bool {
    let Some(text) = text.get(..start.len()) else { return false };
    let ((words, tail), (start_words, start_tail)) = (text.as_chunks::<8>(), start.as_chunks::<8>());
    words.iter().zip(start_words).all(|(word, other)| u64::from_ne_bytes(*word) == u64::from_ne_bytes(*other))
        && tail.iter().zip(start_tail).all(|(byte, other)| byte == other)
}

/// Hands over each member of the object. Names may come twice.
///
/// # Errors
/// When the text is not one JSON object. Members before the error have been handed over by then.
pub(crate) fn members<'t>(text: &'t str, take: impl FnMut(Member<'t>)) -> Result<(), Problem> {
    members_of(text, None, take)
}

/// As [`members`], for the next one of many objects.
///
/// # Errors
/// As there.
pub(crate) fn members_of_next<'t>(
    text: &'t str,
    known: &mut KnownNames,
    take: impl FnMut(Member<'t>),
) -> Result<(), Problem> {
    members_of(text, Some(known), take)
}

#[inline]
fn members_of<'t>(
    text: &'t str,
    known: Option<&mut KnownNames>,
    mut take: impl FnMut(Member<'t>),
) -> Result<(), Problem> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0 };
    reader.space();
    if reader.peek() != Some(b'{') {
        reader.value(0)?;
        reader.end()?;
        return Err(Problem::AnotherValue);
    }
    reader.object(0, known, &mut take)?;
    reader.end()
}

/// Hands over each element of the array, as it is written.
///
/// # Errors
/// When the text is not one JSON array; [`Problem::AnotherValue`] for another value.
pub(crate) fn elements<'t>(text: &'t str, mut take: impl FnMut(&'t str)) -> Result<(), Problem> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0 };
    reader.space();
    if reader.peek() != Some(b'[') {
        reader.value(0)?;
        reader.end()?;
        return Err(Problem::AnotherValue);
    }
    reader.array(0, &mut take)?;
    reader.end()
}

/// A member's value as text: a string without quotes and escapes, anything else as it is written; `None` for null.
pub(crate) fn cell(value: &str) -> Option<Cow<'_, str>> {
    match value.as_bytes() {
        b"null" => None,
        [b'"', ..] => Some(unescape(&value[1..value.len() - 1])),
        _ => Some(Cow::Borrowed(value)),
    }
}

/// How many bytes at the beginning are plain text of a string: neither a quote nor a backslash nor a control character.
///
/// Eight bytes are looked at together: subtracting borrows into the high bit of the bytes that are too small, which tells
/// them from the others (<https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord>). Above the lowest such
/// byte a borrow can mark one too many, so only the lowest one counts.
#[inline]
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let less = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let ends = less(word, 0x20)
            | less(word ^ (ONES * u64::from(b'"')), 1)
            | less(word ^ (ONES * u64::from(b'\\')), 1);
        if ends != 0 {
            return index * 8 + ends.trailing_zeros() as usize / 8;
        }
    }
    let ends = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    bytes.len() - tail.len() + tail.iter().position(ends).unwrap_or(tail.len())
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Reader<'t> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn fail<T>(&self, expected: &'static str) -> Result<T, Problem> {
        Err(Problem::NotJson { at: self.at, expected })
    }

    #[inline]
    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn end(&mut self) -> Result<(), Problem> {
        self.space();
        if self.at == self.bytes.len() { Ok(()) } else { self.fail("the end of the line") }
    }

    /// A value; `depth` is how many arrays and objects are around it. Says whether it is a text with escapes.
    #[inline]
    fn value(&mut self, depth: usize) -> Result<bool, Problem> {
        match self.peek() {
            Some(b'"') => return self.string(),
            Some(b'{') => self.object(depth, None, &mut |_| ()),
            Some(b'[') => self.array(depth, &mut |_| ()),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => self.fail("a value"),
        }?;
        Ok(false)
    }

    fn object(
        &mut self,
        depth: usize,
        mut known: Option<&mut KnownNames>,
        take: &mut impl FnMut(Member<'t>),
    ) -> Result<(), Problem> {
        if depth >= DEEPEST {
            return self.fail("no more than 127 nested objects and arrays");
        }
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        let mut place = 0;
        loop {
            let from = self.at;
            let (name, known_as) =
                match known.as_ref().and_then(|known| known.known_at(place, &self.bytes[from..])) {
                    Some((length, known_as)) => {
                        self.at += length;
                        (Cow::Borrowed(&self.text[from + 1..self.at - 2]), known_as)
                    }
                    None => (self.name(place, known.as_deref_mut())?, 0),
                };
            self.space();
            let from = self.at;
            let has_escapes = self.value(depth + 1)?;
            take(Member { name, value: &self.text[from..self.at], has_escapes, known_as });
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.fail("a comma or the end of the object"),
            }
            self.space();
            place += 1;
        }
    }

    /// The name of a member, and the colon behind it.
    fn name(&mut self, place: usize, known: Option<&mut KnownNames>) -> Result<Cow<'t, str>, Problem> {
        if self.peek() != Some(b'"') {
            return self.fail("the name of a member, in quotes");
        }
        let from = self.at;
        let has_escapes = self.string()?;
        let inside = &self.text[from + 1..self.at - 1];
        self.space();
        if self.peek() != Some(b':') {
            return self.fail("a colon after the name of a member");
        }
        self.at += 1;
        if has_escapes {
            return Ok(unescape(inside));
        }
        let is_tight = self.at == from + inside.len() + 3;
        if let Some(known) = known.filter(|_| is_tight) {
            known.learn(place, &self.text[from..self.at]);
        }
        Ok(Cow::Borrowed(inside))
    }

    fn array(&mut self, depth: usize, take: &mut impl FnMut(&'t str)) -> Result<(), Problem> {
        if depth >= DEEPEST {
            return self.fail("no more than 127 nested objects and arrays");
        }
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let from = self.at;
            self.value(depth + 1)?;
            take(&self.text[from..self.at]);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.fail("a comma or the end of the array"),
            }
            self.space();
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Problem> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        self.fail("true, false, null, a number, a string, an array or an object")
    }

    fn digits(&mut self) -> Result<(), Problem> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return self.fail("a digit");
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Problem> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// A string, from its opening quote to its closing one. Says whether there are escapes in it.
    fn string(&mut self) -> Result<bool, Problem> {
        self.at += 1;
        let mut has_escapes = false;
        loop {
            self.at += plain_length(&self.bytes[self.at..]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(has_escapes);
                }
                Some(b'\\') => {
                    has_escapes = true;
                    self.escape()?;
                }
                Some(_) => return self.fail("no control characters within a string"),
                None => return self.fail("the end of a string"),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Problem> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let unit = self.unit()?;
                match unit {
                    0xD800..=0xDBFF => {
                        let is_pair = self.bytes[self.at..].starts_with(b"\\u")
                            && (0xDC00..=0xDFFF).contains(&self.unit()?);
                        if !is_pair {
                            return self.fail("the second half of a surrogate pair");
                        }
                    }
                    0xDC00..=0xDFFF => return self.fail("the first half of a surrogate pair"),
                    _ => {}
                }
            }
            _ => return self.fail("an escape such as \\n or \\u00e9"),
        }
        Ok(())
    }

    /// The four digits of `\uXXXX`.
    fn unit(&mut self) -> Result<u32, Problem> {
        let digits = self.bytes.get(self.at + 2..self.at + 6).unwrap_or_default();
        match unit(digits) {
            Some(unit) => {
                self.at += 6;
                Ok(unit)
            }
            None => self.fail("four hexadecimal digits after \\u"),
        }
    }
}

fn unit(digits: &[u8]) -> Option<u32> {
    if digits.len() != 4 {
        return None;
    }
    digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
}

/// The inside of a string (which has been checked) without escapes.
fn unescape(inside: &str) -> Cow<'_, str> {
    if memchr(b'\\', inside.as_bytes()).is_none() {
        return Cow::Borrowed(inside);
    }
    let mut text = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let escape = &rest.as_bytes()[at..];
        let mut length = 2;
        match escape.get(1) {
            Some(b'b') => text.push('\u{8}'),
            Some(b'f') => text.push('\u{c}'),
            Some(b'n') => text.push('\n'),
            Some(b'r') => text.push('\r'),
            Some(b't') => text.push('\t'),
            Some(b'u') => {
                let first = unit(escape.get(2..6).unwrap_or_default()).unwrap_or_default();
                length = 6;
                let number = match (first, unit(escape.get(8..12).unwrap_or_default())) {
                    (0xD800..=0xDBFF, Some(second)) => {
                        length = 12;
                        0x1_0000 + ((first - 0xD800) << 10) + second.wrapping_sub(0xDC00)
                    }
                    _ => first,
                };
                text.push(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(byte) => text.push(char::from(*byte)),
            None => {}
        }
        rest = rest.get(at + length..).unwrap_or_default();
    }
    text.push_str(rest);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, Problem> {
        read_next(text, &mut KnownNames::default())
    }

    fn read_next(text: &str, known: &mut KnownNames) -> Result<Vec<(String, String)>, Problem> {
        let mut seen = Vec::new();
        members_of_next(text, known, |member| {
            if !member.has_escapes {
                assert_eq!(member.plain_text().map(Cow::Borrowed), cell(member.value));
            }
            seen.push((member.name.into_owned(), member.value.to_owned()));
        })?;
        Ok(seen)
    }

    #[test]
    fn names_of_the_object_before_change_nothing() {
        let texts = [
            r#"{"a":1,"b":{"a":2},"c":3}"#,
            r#"{"a":1,"b":{"c":2},"c":3}"#,
            r#"{"a" :1,"b": 2}"#,
            r#"{"ab":1,"":2,"\u0061":3,"a":4}"#,
            r#"{"a\"":1}"#,
            r#"{"a":"#,
            r#"{"a":1,"b":2,"é":3,"a":4}"#,
            r#"{"b":1,"b":2}"#,
            "{}",
        ];
        let mut known = KnownNames::default();
        for text in texts.iter().chain(texts.iter().rev()).chain(&texts) {
            assert_eq!(read_next(text, &mut known), read(text), "{text}");
        }
    }

    #[test]
    fn members_keep_their_spelling() {
        let seen =
            read(r#" {"a" : 1.50e+3, "b\u00e9":"x\n\ud83d\ude00\/", "a":{"c":[1, 2]},"n":null} "#).unwrap();
        let values: Vec<(&str, Option<String>)> =
            seen.iter().map(|(name, value)| (name.as_str(), cell(value).map(Cow::into_owned))).collect();
        assert_eq!(
            values,
            [
                ("a", Some("1.50e+3".into())),
                ("bé", Some("x\n\u{1F600}/".into())),
                ("a", Some("{\"c\":[1, 2]}".into())),
                ("n", None),
            ]
        );
    }

    #[test]
    fn what_is_not_json_is_reported_with_its_place() {
        let fails_at = |text: &str| match read(text) {
            Err(Problem::NotJson { at, .. }) => at,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(fails_at(r#"{"a":1"#), 6);
        assert_eq!(fails_at(r#"{"a":1} x"#), 8);
        assert_eq!(fails_at(r#"{"a":NaN}"#), 5);
        assert_eq!(fails_at(r#"{"a":-Infinity}"#), 6);
        assert_eq!(fails_at(r#"{"a":01}"#), 6);
        assert_eq!(fails_at(r#"{"a":.5}"#), 5);
        assert_eq!(fails_at(r#"{"a":1,}"#), 7);
        assert_eq!(fails_at(r#"{a:1}"#), 1);
        assert_eq!(fails_at("{\"a\":\"\t\"}"), 6);
        assert_eq!(fails_at(r#"{"a":"\ud800"}"#), 12);
        assert_eq!(fails_at(r#"{"a":"\udc00"}"#), 12);
        assert_eq!(fails_at(r#"{"a":"\ud800\u0041"}"#), 18);
        assert_eq!(fails_at(""), 0);
        assert_eq!(read("[1]"), Err(Problem::AnotherValue));
        assert_eq!(read("1e400"), Err(Problem::AnotherValue));
    }

    #[test]
    fn plain_text_ends_at_the_first_byte_that_ends_it() {
        for end in [b'"', b'\\', 0, 0x1f] {
            for at in 0..20 {
                // What stands before has the high bit, the lowest plain byte, or differs from an end by one.
                for plain in [b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xa2, 0xdc, 0xff] {
                    let mut bytes = vec![plain; 24];
                    bytes[at] = end;
                    assert_eq!(plain_length(&bytes), at, "{plain} before {end}");
                    assert_eq!(plain_length(&bytes[..at]), at);
                }
            }
        }
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(DEEPEST - 1)).is_ok());
        assert!(matches!(read(&nested(DEEPEST)), Err(Problem::NotJson { .. })));
        assert!(matches!(read(&"[".repeat(1_000_000)), Err(Problem::NotJson { .. })));
    }

    /// Texts that are JSON, or nearly.
    fn nearly_json() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\"a\"",
            "\"\\u0041\"",
            "\"\\ud83d\\ude00\"",
            "\\",
            "1",
            "-0",
            "0.5",
            "1e5",
            "01",
            "true",
            "null",
            "nul",
            " ",
            "é",
            "\u{1}",
            "\"x\":",
            "{\"a\":",
            "[1,2]",
            "+",
            "E",
        ]);
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(text in nearly_json()) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            match read(&text) {
                Ok(seen) => {
                    let theirs = theirs.unwrap();
                    for (name, value) in &seen {
                        let last = seen.iter().rev().find(|(other, _)| other == name).unwrap();
                        if std::ptr::eq(&last.1, value) {
                            prop_assert_eq!(
                                &serde_json::from_str::<serde_json::Value>(value).unwrap(),
                                &theirs[name]
                            );
                            if let serde_json::Value::String(text) = &theirs[name] {
                                prop_assert_eq!(cell(value).unwrap(), text.as_str());
                            }
                        }
                    }
                }
                Err(Problem::AnotherValue) => prop_assert!(!theirs.unwrap().is_object()),
                Err(Problem::NotJson { .. }) => prop_assert!(theirs.is_err(), "{}", text),
            }
        }
    }
}
