//! TIMESTAMPTZ as text and back: `2023-01-31 10:20:30.5+11`, with names of zones allowed when reading.

use super::calendar::{Fields, INFINITY, MINUS_INFINITY, day_of, days_in_month, is_finite};
use super::zone::{DAY, HOUR, MINUTE, SECOND};

/// The largest day of a DATE that is not infinite; dates beyond what a timestamp holds fail later.
const LAST_YEAR: i64 = 5_881_580;

/// Appends the local time with its offset.
pub(crate) fn write(out: &mut Vec<u8>, instant: i64, offset: i64) {
    if !is_finite(instant) {
        out.extend_from_slice(if instant > 0 { b"infinity" } else { b"-infinity" });
        return;
    }
    let fields = Fields::at(instant, offset);
    number(out, fields.year_of_era(), 4);
    out.push(b'-');
    number(out, fields.month, 2);
    out.push(b'-');
    number(out, fields.day_of_month, 2);
    if fields.year <= 0 {
        out.extend_from_slice(b" (BC)");
    }
    out.push(b' ');
    number(out, fields.hour(), 2);
    out.push(b':');
    number(out, fields.minute(), 2);
    out.push(b':');
    number(out, fields.second(), 2);
    let micros = fields.microsecond();
    if micros != 0 {
        out.push(b'.');
        number(out, micros, 6);
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
    // Seconds of an offset (local mean times of long ago) are not shown.
    let minutes = offset / MINUTE;
    out.push(if minutes < 0 { b'-' } else { b'+' });
    number(out, minutes.abs() / 60, 2);
    if minutes % 60 != 0 {
        out.push(b':');
        number(out, minutes.abs() % 60, 2);
    }
}

/// Appends a number that is not negative, with at least `width` digits.
pub(crate) fn number(out: &mut Vec<u8>, value: i64, width: usize) {
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(value).as_bytes();
    out.extend(std::iter::repeat_n(b'0', width.saturating_sub(digits.len())));
    out.extend_from_slice(digits);
}

/// What a text says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed<'a> {
    /// A time in UTC (an offset was given and is subtracted already), or an infinity.
    Instant(i64),
    /// A time on the wall, of the named zone or of the session's.
    Local(i64, Option<&'a str>),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    Format,
    Range,
}

impl Unreadable {
    /// DuckDB's sentence for it.
    pub(crate) fn message(&self, text: &[u8]) -> String {
        let text = String::from_utf8_lossy(text);
        match self {
            Self::Format => format!(
                "invalid timestamp field format: \"{text}\", expected format is \
                 (YYYY-MM-DD HH:MM[:SS[.US]][±HH[:MM[:SS]]| ZONE])"
            ),
            Self::Range => format!("timestamp field value out of range: \"{text}\""),
        }
    }
}

/// Reads a timestamp as DuckDB does, leniencies included: one-digit months, `/` between the parts, no time.
pub(crate) fn parse(text: &[u8]) -> Result<Parsed<'_>, Unreadable> {
    let mut reader = Reader { text, at: 0 };
    let day = match reader.date()? {
        Date::Special(instant) => return Ok(Parsed::Instant(instant)),
        Date::Day(day) => day,
    };
    let local = |time: i64| {
        day.checked_mul(DAY)
            .and_then(|local| local.checked_add(time))
            .filter(|local| is_finite(*local))
            .ok_or(Unreadable::Range)
    };
    if reader.is_done() {
        return Ok(Parsed::Local(local(0)?, None));
    }
    if matches!(reader.peek(), Some(b' ' | b'T')) {
        reader.at += 1;
    }
    let time = reader.time()?;
    if time > DAY {
        return Err(Unreadable::Range);
    }
    let local = local(time)?;
    if reader.is_done() {
        return Ok(Parsed::Local(local, None));
    }
    let parsed = if reader.take(b'Z') {
        Parsed::Instant(local)
    } else if let Some(offset) = reader.offset()? {
        Parsed::Instant(local.checked_sub(offset).ok_or(Unreadable::Range)?)
    } else {
        if !reader.take(b' ') {
            return Err(Unreadable::Format);
        }
        Parsed::Local(local, reader.zone_name())
    };
    reader.spaces();
    if reader.is_done() { Ok(parsed) } else { Err(Unreadable::Format) }
}

enum Date {
    Special(i64),
    Day(i64),
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
    fn is_done(&self) -> bool {
        self.at >= self.text.len()
    }
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }
    fn spaces(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }
    fn digit(&mut self) -> Option<i64> {
        let digit = self.peek().filter(u8::is_ascii_digit)?;
        self.at += 1;
        Some(i64::from(digit - b'0'))
    }
    fn one_or_two_digits(&mut self) -> Option<i64> {
        let first = self.digit()?;
        Some(self.digit().map_or(first, |second| first * 10 + second))
    }

    /// One of DuckDB's words, which may be cut off after `shortest` letters at the end of the text.
    fn word(&mut self, word: &[u8], shortest: usize) -> bool {
        let rest = &self.text[self.at..];
        let shared = rest.len().min(word.len());
        let fits = rest[..shared].eq_ignore_ascii_case(&word[..shared])
            && (shared == word.len() || shared == shortest);
        if fits {
            self.at += shared;
        }
        fits
    }

    fn date(&mut self) -> Result<Date, Unreadable> {
        self.spaces();
        let negative = self.take(b'-');
        match self.peek() {
            None => return Err(Unreadable::Format),
            Some(byte) if !byte.is_ascii_digit() => {
                let instant = if self.word(b"infinity", 3) {
                    if negative { MINUS_INFINITY } else { INFINITY }
                } else if self.word(b"epoch", 5) {
                    0
                } else {
                    return Err(Unreadable::Format);
                };
                self.spaces();
                return if self.is_done() { Ok(Date::Special(instant)) } else { Err(Unreadable::Format) };
            }
            Some(_) => {}
        }
        let mut year = 0_i64;
        while let Some(digit) = self.digit() {
            if year >= 100_000_000 {
                return Err(Unreadable::Range);
            }
            year = year * 10 + digit;
        }
        if negative {
            year = -year;
        }
        let separator = self.peek().filter(|byte| matches!(byte, b' ' | b'-' | b'/' | b'\\'));
        let separator = separator.ok_or(Unreadable::Format)?;
        self.at += 1;
        let month = self.one_or_two_digits().ok_or(Unreadable::Format)?;
        if !self.take(separator) {
            return Err(Unreadable::Format);
        }
        let day = self.one_or_two_digits().ok_or(Unreadable::Format)?;
        let rest = &self.text[self.at..];
        if rest.len() >= 5 && is_space(rest[0]) && rest[1..5].eq_ignore_ascii_case(b"(bc)") {
            if negative || year == 0 {
                return Err(Unreadable::Format);
            }
            year = 1 - year;
            self.at += 5;
        }
        if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(Unreadable::Format);
        }
        let exists = (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && (-LAST_YEAR..=LAST_YEAR).contains(&year);
        if exists { Ok(Date::Day(day_of(year, month, day))) } else { Err(Unreadable::Range) }
    }

    /// `10:20`, `10:20:30`, `10:20:30.123456`, up to the first letter `Z`, sign or space.
    fn time(&mut self) -> Result<i64, Unreadable> {
        let start = self.at;
        let mut end = start;
        while self.text.get(end).copied().is_some_and(is_space) {
            end += 1;
        }
        while self.text.get(end).is_some_and(|b| !matches!(b, b'Z' | b'+' | b'-') && !is_space(*b)) {
            end += 1;
        }
        let mut part = Reader { text: &self.text[..end], at: start };
        let time = part.time_within().filter(|_| part.is_done()).ok_or(Unreadable::Format)?;
        self.at = end;
        Ok(time)
    }

    fn time_within(&mut self) -> Option<i64> {
        self.spaces();
        let mut hour = self.digit()?;
        for _ in 0..9 {
            match self.digit() {
                Some(digit) => hour = hour * 10 + digit,
                None => break,
            }
        }
        if !self.take(b':') {
            return None;
        }
        let minute = if self.is_done() { 0 } else { self.one_or_two_digits().filter(|m| *m < 60)? };
        let mut second = 0;
        if !self.is_done() {
            if !self.take(b':') {
                return None;
            }
            if !self.is_done() {
                second = self.one_or_two_digits().filter(|s| *s < 60)?;
            }
        }
        let mut micros = 0;
        if self.take(b'.') {
            let mut unit = 100_000;
            while let Some(digit) = self.digit() {
                micros += digit * unit;
                unit /= 10;
            }
        }
        hour.checked_mul(HOUR)?.checked_add(minute * MINUTE + second * SECOND + micros)
    }

    /// `+10`, `-9:30`, `+0530`, `+10:30:15`, in microseconds; `None` where no sign follows.
    fn offset(&mut self) -> Result<Option<i64>, Unreadable> {
        if self.text.len() - self.at < 2 {
            // One last character: DuckDB takes it for an empty offset, and trips over it afterwards.
            return Ok(Some(0));
        }
        let sign = match self.peek() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Ok(None),
        };
        let start = self.at;
        self.at += 1;
        let Some(hours) = self.one_or_two_digits() else {
            self.at = start;
            return Ok(None);
        };
        let mut total = hours * HOUR;
        let colons = self.take(b':');
        match self.one_or_two_digits() {
            Some(minutes) => total += minutes * MINUTE,
            None if colons => return Err(Unreadable::Format),
            None => return Ok(Some(sign * total)),
        }
        if colons && self.take(b':') {
            total += self.one_or_two_digits().ok_or(Unreadable::Format)? * SECOND;
        }
        Ok(Some(sign * total))
    }

    fn zone_name(&mut self) -> Option<&'a str> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'/' | b'+' | b'-' | b':'))
        {
            self.at += 1;
        }
        std::str::from_utf8(&self.text[start..self.at]).ok().filter(|name| !name.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(instant: i64, offset: i64) -> String {
        let mut out = Vec::new();
        write(&mut out, instant, offset);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn writes_as_duckdb_does() {
        assert_eq!(written(0, 10 * HOUR + 30 * MINUTE), "1970-01-01 10:30:00+10:30");
        assert_eq!(written(-1, 0), "1969-12-31 23:59:59.999999+00");
        assert_eq!(written(500_000, -5 * HOUR), "1969-12-31 19:00:00.5-05");
        assert_eq!(written(day_of(-43, 3, 15) * DAY, 0), "0044-03-15 (BC) 00:00:00+00");
        assert_eq!(written(MINUS_INFINITY, 0), "-infinity");
    }

    #[test]
    fn reads_many_shapes() {
        let midnight = day_of(2023, 1, 5) * DAY;
        for text in ["2023-01-05", " 2023-1-5 ", "2023/01/05 00:00", "2023-01-05T00:00:00"] {
            let expected =
                if text.ends_with(' ') { Err(Unreadable::Format) } else { Ok(Parsed::Local(midnight, None)) };
            assert_eq!(parse(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(parse(b"2023-01-05 00:00:00Z"), Ok(Parsed::Instant(midnight)));
        assert_eq!(parse(b"2023-01-05 10:30:00+10:30"), Ok(Parsed::Instant(midnight)));
        assert_eq!(
            parse(b"2023-01-05 00:00:00 Europe/London"),
            Ok(Parsed::Local(midnight, Some("Europe/London")))
        );
        assert_eq!(parse(b"-inf"), Ok(Parsed::Instant(MINUS_INFINITY)));
        assert_eq!(parse(b"2023-02-30"), Err(Unreadable::Range));
        assert_eq!(parse(b"yesterday"), Err(Unreadable::Format));
    }
}
