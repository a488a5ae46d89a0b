//! Text to typed value: one rule for each type, none of them a guess (docs/reference/reject-codes.md lists them).
//!
//! Works on bytes and allocates nothing. White space is never trimmed.

use ingot_contract::DataType;
use ingot_core::civil;

/// A cell's value, ready for its column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    I32(i32),
    I64(i64),
    F64(f64),
    Bool(bool),
    /// Days since 1970.
    Date(i32),
    /// Microseconds since 1970, UTC.
    Timestamp(i64),
    /// Unscaled.
    Decimal(i128),
    Str(&'a str),
}

/// Why a text is not a value of its type: a reason code, and what would be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) expected: &'static str,
}

/// What a text says of a time, before anything is known about its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Since 1970-01-01T00:00 on the clock that was read.
    pub(crate) microseconds: i64,
    /// How far that clock is ahead of UTC.
    pub(crate) offset_minutes: Option<i64>,
}

pub(crate) const MICROSECONDS_OF_A_DAY: i64 = 86_400_000_000;

macro_rules! fault {
    ($name:ident, $code:literal, $expected:literal) => {
        pub(super) const $name: Fault = Fault { code: $code, expected: $expected };
    };
}

fault!(NOT_AN_INTEGER, "NOT_A_NUMBER", "a whole number: digits, optionally after a sign");
fault!(
    NOT_A_DECIMAL,
    "NOT_A_NUMBER",
    "a plain decimal number such as 12.50, without exponent or thousands separators"
);
fault!(NOT_A_FLOAT, "NOT_A_NUMBER", "a finite number such as 12.5 or 1.25e1");
fault!(
    OUT_OF_RANGE,
    "OUT_OF_RANGE",
    "a number that fits the column's type; or give it a wider `physicalType` in the contract"
);
fault!(
    TOO_PRECISE,
    "TOO_PRECISE",
    "at most as many decimal places as the column's type has; or give it a `physicalType` with more in the contract"
);
fault!(NOT_A_BOOLEAN, "NOT_A_BOOLEAN", "true or false, in upper or lower case");
fault!(NOT_A_DATE, "NOT_A_DATE", "a date that exists, written as YYYY-MM-DD");
fault!(
    NOT_A_TIMESTAMP,
    "NOT_A_TIMESTAMP",
    "a time that exists, written as YYYY-MM-DDThh:mm:ss with an offset such as +10:00 or Z"
);
fault!(
    NO_OFFSET,
    "TIMESTAMP_WITHOUT_OFFSET",
    "an offset from UTC after the time, such as +10:00 or Z; or set `defaultTimezone` in the contract to the zone whose clocks it shows"
);
fault!(
    TIME_OF_DAY,
    "TOO_PRECISE",
    "a date whose time of day, if it has one, is midnight; or make the column a timestamp in the contract"
);
fault!(NOT_UTF8, "NOT_UTF8", "text in UTF-8; or set `encoding` in the contract to that of the file");

/// The text of a cell: a `str` where its reader has seen that it is UTF-8, bytes where that is still to be found out.
pub(crate) trait CellText<'t>: Copy {
    fn bytes(self) -> &'t [u8];

    /// # Errors
    /// [`NOT_UTF8`]
    fn utf8(self) -> Result<&'t str, Fault>;
}

impl<'t> CellText<'t> for &'t [u8] {
    #[inline]
    fn bytes(self) -> &'t [u8] {
        self
    }

    #[inline]
    fn utf8(self) -> Result<&'t str, Fault> {
        simdutf8::basic::from_utf8(self).map_err(|_| NOT_UTF8)
    }
}

impl<'t> CellText<'t> for &'t str {
    #[inline]
    fn bytes(self) -> &'t [u8] {
        self.as_bytes()
    }

    #[inline]
    fn utf8(self) -> Result<&'t str, Fault> {
        Ok(self)
    }
}

/// Parses a text that is not empty (an empty one is null, which the caller handles).
pub(crate) fn parse<'t>(data_type: &DataType, cell: impl CellText<'t>) -> Result<Value<'t>, Fault> {
    let text = cell.bytes();
    match data_type {
        DataType::I64 => integer(text).map(Value::I64),
        DataType::I32 => {
            integer(text).and_then(|value| i32::try_from(value).map_err(|_| OUT_OF_RANGE)).map(Value::I32)
        }
        DataType::Decimal { precision, scale } => decimal(text, *precision, *scale).map(Value::Decimal),
        DataType::F64 => float(text).map(Value::F64),
        DataType::Bool => boolean(text).map(Value::Bool),
        DataType::Date => date(text).map(Value::Date),
        DataType::Timestamp => timestamp(text).map(Value::Timestamp),
        // Types whose values are not plain words come as their text, which `write::NestedBuilder` reads.
        DataType::Str
        | DataType::Binary
        | DataType::Time
        | DataType::List(_)
        | DataType::Struct(_)
        | DataType::Map(..) => cell.utf8().map(Value::Str),
    }
}

fn signed(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

fn integer(text: &[u8]) -> Result<i64, Fault> {
    let (negative, digits) = signed(text);
    if digits.is_empty() {
        return Err(NOT_AN_INTEGER);
    }
    // Eighteen digits always fit; longer ones are followed exactly.
    if digits.len() <= 18 {
        let mut value = 0_i64;
        for byte in digits {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return Err(NOT_AN_INTEGER);
            }
            value = value * 10 + i64::from(digit);
        }
        return Ok(if negative { -value } else { value });
    }
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(NOT_AN_INTEGER);
    }
    let mut value = 0_i64;
    for byte in digits {
        let digit = i64::from(byte - b'0');
        value = value
            .checked_mul(10)
            .and_then(|value| if negative { value.checked_sub(digit) } else { value.checked_add(digit) })
            .ok_or(OUT_OF_RANGE)?;
    }
    Ok(value)
}

/// Digits, optionally followed by a point and digits. Zeros at the end of the fraction do not count as places.
fn decimal(text: &[u8], precision: u8, scale: i8) -> Result<i128, Fault> {
    let (negative, rest) = signed(text);
    let (whole, mut fraction) = match memchr::memchr(b'.', rest) {
        Some(point) => (&rest[..point], &rest[point + 1..]),
        None => (rest, &[][..]),
    };
    let has_point = whole.len() != rest.len();
    if whole.is_empty() || (has_point && fraction.is_empty()) {
        return Err(NOT_A_DECIMAL);
    }
    let scale = usize::try_from(scale).map_err(|_| OUT_OF_RANGE)?;
    if whole.len() + scale <= usize::from(precision.min(18)) && fraction.len() <= scale {
        // The common case: it fits whatever its digits are, in one machine word.
        let value = digits(digits(0, whole)?, fraction)? * POWERS_OF_TEN[scale - fraction.len()];
        return Ok(i128::from(if negative { -value } else { value }));
    }
    if !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return Err(NOT_A_DECIMAL);
    }
    while fraction.len() > scale && fraction.last() == Some(&b'0') {
        fraction = &fraction[..fraction.len() - 1];
    }
    if fraction.len() > scale {
        return Err(TOO_PRECISE);
    }
    let mut significant = whole;
    while let [b'0', tail @ ..] = significant {
        significant = tail;
    }
    if significant.len() + scale > usize::from(precision) {
        return Err(OUT_OF_RANGE);
    }
    let mut value = 0_i128;
    for byte in significant.iter().chain(fraction) {
        value = value * 10 + i128::from(byte - b'0');
    }
    for _ in fraction.len()..scale {
        value *= 10;
    }
    Ok(if negative { -value } else { value })
}

const POWERS_OF_TEN: [i64; 19] = {
    let mut powers = [1; 19];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// A number with these digits after its own, of which it has at most eighteen then.
#[inline]
fn digits(mut number: i64, digits: &[u8]) -> Result<i64, Fault> {
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(NOT_A_DECIMAL);
        }
        number = number * 10 + i64::from(digit);
    }
    Ok(number)
}

/// Decimal notation, with or without an exponent; `inf` and `nan` are not accepted.
fn float(text: &[u8]) -> Result<f64, Fault> {
    if !text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
        return Err(NOT_A_FLOAT);
    }
    let value: f64 = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(NOT_A_FLOAT)?;
    if value.is_finite() { Ok(value) } else { Err(OUT_OF_RANGE) }
}

fn boolean(text: &[u8]) -> Result<bool, Fault> {
    if text.eq_ignore_ascii_case(b"true") {
        Ok(true)
    } else if text.eq_ignore_ascii_case(b"false") {
        Ok(false)
    } else {
        Err(NOT_A_BOOLEAN)
    }
}

fn two(text: &[u8]) -> Option<u32> {
    let (tens, ones) = (text[0].wrapping_sub(b'0'), text[1].wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

fn date(text: &[u8]) -> Result<i32, Fault> {
    days(text).ok_or(NOT_A_DATE)
}

/// `YYYY-MM-DD` as days since 1970; `None` if it has another form or is not in the calendar.
fn days(text: &[u8]) -> Option<i32> {
    if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let year = two(&text[0..2])? * 100 + two(&text[2..4])?;
    let (month, day) = (two(&text[5..7])?, two(&text[8..10])?);
    let year = i64::from(year);
    let is_valid =
        year > 0 && (1..=12).contains(&month) && day > 0 && day <= civil::days_in_month(year, month);
    is_valid.then(|| civil::days_from_civil(year, month, day) as i32)
}

fn timestamp(text: &[u8]) -> Result<i64, Fault> {
    let Moment { microseconds, offset_minutes } = moment(text)?;
    Ok(microseconds - offset_minutes.ok_or(NO_OFFSET)? * 60_000_000)
}

/// `YYYY-MM-DD`, `T` or a space, `hh:mm`, optionally `:ss` and a fraction, then optionally an [`offset`].
#[inline]
pub(crate) fn moment(text: &[u8]) -> Result<Moment, Fault> {
    if text.len() < 16 || !matches!(text[10], b'T' | b't' | b' ') || text[13] != b':' {
        return Err(NOT_A_TIMESTAMP);
    }
    let days = days(&text[..10]).ok_or(NOT_A_TIMESTAMP)?;
    let hour = two(&text[11..13]).filter(|hour| *hour < 24).ok_or(NOT_A_TIMESTAMP)?;
    let minute = two(&text[14..16]).filter(|minute| *minute < 60).ok_or(NOT_A_TIMESTAMP)?;
    let mut rest = &text[16..];
    let mut second = 0;
    let mut microsecond = 0_i64;
    if let [b':', a, b, tail @ ..] = rest {
        second = two(&[*a, *b]).filter(|second| *second < 60).ok_or(NOT_A_TIMESTAMP)?;
        rest = tail;
        if let [b'.' | b',', tail @ ..] = rest {
            let length = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if length == 0 {
                return Err(NOT_A_TIMESTAMP);
            }
            for (place, byte) in tail[..length].iter().enumerate() {
                if place < 6 {
                    microsecond = microsecond * 10 + i64::from(byte - b'0');
                } else if *byte != b'0' {
                    return Err(TOO_PRECISE);
                }
            }
            for _ in length..6 {
                microsecond *= 10;
            }
            rest = &tail[length..];
        }
    }
    let offset_minutes = match rest {
        [] => None,
        rest => Some(offset(rest).ok_or(NOT_A_TIMESTAMP)?),
    };
    let minutes = i64::from(days) * 1440 + i64::from(hour * 60 + minute);
    let microseconds = (minutes * 60 + i64::from(second)) * 1_000_000 + microsecond;
    Ok(Moment { microseconds, offset_minutes })
}

/// `Z`, `±hh:mm`, `±hhmm` or `±hh` in minutes.
#[inline]
pub(super) fn offset(text: &[u8]) -> Option<i64> {
    match text {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), tail @ ..] => {
            let (hours, minutes) = match tail {
                [a, b] => (two(&[*a, *b]), Some(0)),
                [a, b, c, d] => (two(&[*a, *b]), two(&[*c, *d])),
                [a, b, b':', c, d] => (two(&[*a, *b]), two(&[*c, *d])),
                _ => return None,
            };
            let hours = hours.filter(|hours| *hours <= 18)?;
            let minutes = minutes.filter(|minutes| *minutes < 60)?;
            let total = i64::from(hours * 60 + minutes);
            Some(if *sign == b'-' { -total } else { total })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(data_type: DataType, text: &str) -> &'static str {
        parse(&data_type, text.as_bytes()).unwrap_err().code
    }

    #[test]
    fn integers() {
        let parse = |text: &str| integer(text.as_bytes());
        assert_eq!(parse("-42"), Ok(-42));
        assert_eq!(parse("+007"), Ok(7));
        assert_eq!(parse("9223372036854775807"), Ok(i64::MAX));
        assert_eq!(parse("-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(parse("9223372036854775808"), Err(OUT_OF_RANGE));
        for text in ["1.0", "1e3", " 1", "1 ", "-", "0x1F", "1_000", "12345678901234567890a"] {
            assert_eq!(parse(text), Err(NOT_AN_INTEGER), "{text}");
        }
        assert_eq!(code(DataType::I32, "2147483648"), "OUT_OF_RANGE");
    }

    #[test]
    fn decimals_fit_exactly_or_not_at_all() {
        let parse = |text: &str| decimal(text.as_bytes(), 12, 4);
        assert_eq!(parse("12.3456"), Ok(123_456));
        assert_eq!(parse("-0.5"), Ok(-5000));
        assert_eq!(parse("12.34560000"), Ok(123_456));
        assert_eq!(parse("00012"), Ok(120_000));
        assert_eq!(parse("12.34567"), Err(TOO_PRECISE));
        assert_eq!(parse("99999999.9999"), Ok(999_999_999_999));
        assert_eq!(parse("100000000"), Err(OUT_OF_RANGE));
        for text in ["1e3", "1,5", ".5", "5.", "1.2.3", "-", "NaN", "$5"] {
            assert_eq!(parse(text), Err(NOT_A_DECIMAL), "{text}");
        }
        assert_eq!(
            decimal(b"12345678901234567890.12345678", 28, 8),
            Ok(1_234_567_890_123_456_789_012_345_678)
        );
    }

    #[test]
    fn floats_are_finite() {
        assert_eq!(float(b"-33.5e0"), Ok(-33.5));
        assert_eq!(float(b"1e400"), Err(OUT_OF_RANGE));
        assert_eq!(float(b"inf"), Err(NOT_A_FLOAT));
        assert_eq!(float(b"e"), Err(NOT_A_FLOAT));
    }

    #[test]
    fn booleans_are_words() {
        assert_eq!(boolean(b"TRUE"), Ok(true));
        assert_eq!(boolean(b"False"), Ok(false));
        for text in [&b"yes"[..], b"1", b"t", b"true "] {
            assert_eq!(boolean(text), Err(NOT_A_BOOLEAN));
        }
    }

    #[test]
    fn dates_are_in_the_calendar() {
        assert_eq!(date(b"1970-01-01"), Ok(0));
        assert_eq!(date(b"2024-02-29"), Ok(19_782));
        for text in
            ["2024-02-30", "2023-02-29", "2023-13-01", "2023-00-10", "01/02/2023", "2023-1-2", "20230102"]
        {
            assert_eq!(date(text.as_bytes()), Err(NOT_A_DATE), "{text}");
        }
    }

    #[test]
    fn timestamps_carry_their_offset() {
        assert_eq!(timestamp(b"1970-01-01T00:00:00Z"), Ok(0));
        assert_eq!(timestamp(b"2023-01-01T10:30:00.5+10:30"), Ok(1_672_531_200_500_000));
        assert_eq!(timestamp(b"2023-01-01 00:00+00"), Ok(1_672_531_200_000_000));
        assert_eq!(timestamp(b"2022-12-31T19:00:00-0500"), Ok(1_672_531_200_000_000));
        assert_eq!(timestamp(b"2023-01-01T00:00:00"), Err(NO_OFFSET));
        assert_eq!(timestamp(b"2023-01-01T00:00:00.1234567Z"), Err(TOO_PRECISE));
        for text in [
            "2023-02-30T00:00:00Z",
            "2023-01-01T24:00:00Z",
            "2023-01-01T00:00:60Z",
            "yesterday",
            "2023-01-01",
        ] {
            assert_eq!(timestamp(text.as_bytes()), Err(NOT_A_TIMESTAMP), "{text}");
        }
    }

    /// The examples of docs/reference/reject-codes.md: third cell of the table of types, `text`, `text` in type: CODE; ...
    #[test]
    fn the_documented_examples_are_what_they_are_said_to_be() {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/reject-codes.md");
        let text = std::fs::read_to_string(path).unwrap();
        let table = text.split_once("## Types").unwrap().1.split_once("\n\n").unwrap().1;
        let table = table.split_once("\n\n").unwrap().0;
        let decimal = DataType::Decimal { precision: 12, scale: 4 };
        let mut examples = 0;
        for line in table.lines().skip(2) {
            let cells: Vec<&str> = line.split(" | ").collect();
            let plain_type = match cells[0].trim_start_matches("| ") {
                "`i32`, `i64`" => DataType::I64,
                "`dec(p,s)`" => decimal.clone(),
                "`f64`" => DataType::F64,
                "`bool`" => DataType::Bool,
                "`date`" => DataType::Date,
                "`ts`" => DataType::Timestamp,
                "`str`" => continue,
                other => panic!("{other}"),
            };
            for group in cells[2].trim_end_matches(" |").split("; ") {
                let (texts, code) = group.rsplit_once(": ").unwrap();
                let data_type = if texts.ends_with("in i32") { DataType::I32 } else { plain_type.clone() };
                for text in texts.split('`').skip(1).step_by(2) {
                    assert_eq!(self::code(data_type.clone(), text), code, "{text:?} in {data_type:?}");
                    examples += 1;
                }
            }
        }
        assert!(examples > 25, "{examples}");
        assert_eq!(integer(b"+5"), Ok(5));
        assert_eq!(integer(b"-007"), Ok(-7));
        assert_eq!(super::decimal(b"12.340000", 12, 4), Ok(123_400));
        assert_eq!(boolean(b"TRUE"), Ok(true));
    }

    #[test]
    fn every_day_agrees_with_the_calendar() {
        let mut day = jiff::civil::date(1899, 1, 1);
        while day.year() < 2110 {
            let expected = day.since(jiff::civil::date(1970, 1, 1)).unwrap().get_days();
            assert_eq!(days(day.to_string().as_bytes()), Some(expected));
            day = day.tomorrow().unwrap();
        }
    }
}
