//! Cells as dates and times: the `strptime` formats that dbt gives agate, and ISO 8601 as Python's isodate reads it.
//! <https://github.com/gweis/isodate/blob/master/src/isodate/isodates.py>

use crate::seeds::python_text::{is_space, strip};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};

/// `%Y-%m-%d`: month and day of one or two digits.
pub(super) fn read_date(cell: &str) -> Option<Date> {
    let (year, rest) = strip(cell).split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    // A day of one digit may have a space before it.
    let day = match day.as_bytes() {
        [b' ', last] if last.is_ascii_digit() => &day[1..],
        _ => day,
    };
    calendar_date(digits(year, 4, 4)?, digits(month, 1, 2)?, digits(day, 1, 2)?)
}

/// `%Y-%m-%d %H:%M:%S`: any white space between, parts of one or two digits, no part of a second.
pub(super) fn read_timestamp(cell: &str) -> Option<DateTime> {
    let text = strip(cell);
    // A day may begin with a space, so the white space that divides is the last.
    let (before, clock) = text.rsplit_once(is_space)?;
    let day = read_date_exactly(before.trim_end_matches(is_space))?;
    let mut parts = clock.split(':');
    let mut part = || parts.next().and_then(|text| digits(text, 1, 2));
    let (hour, minute, second) = (part()?, part()?, part()?);
    let moment = day.to_datetime(clock_time(hour, minute, second, 0)?);
    parts.next().is_none().then_some(moment)
}

fn read_date_exactly(text: &str) -> Option<Date> {
    (text == strip(text)).then(|| read_date(text)).flatten()
}

/// ISO 8601 with a `T`: `2024-01-01T10:00:00.5Z`, `20240101T1000+02`, `2024-W01-1T10`. The distance from UTC must be
/// valid and is then left out, because the column is a TIMESTAMP and dbt loads the time as it is written.
pub(super) fn read_iso(cell: &str) -> Option<DateTime> {
    let (day, clock) = strip(cell).split_once('T')?;
    if clock.contains('T') {
        return None;
    }
    Some(iso_date(day)?.to_datetime(iso_time(without_offset(clock)?)?))
}

fn iso_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let part =
        |from: usize, to: usize| text.get(from..to).and_then(|part| digits(part, to - from, to - from));
    let dash = |at: usize| bytes.get(at) == Some(&b'-');
    let week = |at: usize| bytes.get(at) == Some(&b'W');
    let first = |year: i64| calendar_date(year, 1, 1);
    // A month 00 is taken for January.
    let month =
        |year: i64, month: i64, day: i64| calendar_date(year, if month == 0 { 1 } else { month }, day);
    match text.len() {
        10 if dash(4) && week(5) && dash(8) => week_date(part(0, 4)?, part(6, 8)?, part(9, 10)?),
        10 if dash(4) && dash(7) => month(part(0, 4)?, part(5, 7)?, part(8, 10)?),
        8 if week(4) => week_date(part(0, 4)?, part(5, 7)?, part(7, 8)?),
        8 if dash(4) && week(5) => week_date(part(0, 4)?, part(6, 8)?, 1),
        8 if dash(4) => day_of_year(part(0, 4)?, part(5, 8)?),
        8 => month(part(0, 4)?, part(4, 6)?, part(6, 8)?),
        7 if week(4) => week_date(part(0, 4)?, part(5, 7)?, 1),
        7 if dash(4) => month(part(0, 4)?, part(5, 7)?, 1),
        7 => day_of_year(part(0, 4)?, part(4, 7)?),
        6 => month(part(0, 4)?, part(4, 6)?, 1),
        4 => first(part(0, 4)?),
        // A century, and its first year.
        2 => first(part(0, 2)? * 100 + 1),
        _ => None,
    }
}

fn day_of_year(year: i64, day: i64) -> Option<Date> {
    calendar_date(year, 1, 1)?.checked_add((day - 1).days()).ok()
}

fn week_date(year: i64, week: i64, day: i64) -> Option<Date> {
    let first = calendar_date(year, 1, 1)?;
    let is_week_one = first.iso_week_date().week() == 1;
    let weeks = week - i64::from(is_week_one);
    let days = day - i64::from(first.weekday().to_monday_one_offset());
    // A day 0 is taken for the first.
    let days = if day == 0 { days + 1 } else { days };
    first.checked_add((weeks * 7 + days).days()).ok().filter(|date| date.year() >= 1)
}

/// Hours, minutes and seconds with or without colons; the last of them may have a fraction.
fn iso_time(text: &str) -> Option<Time> {
    let (whole, fraction) = match text.find(['.', ',']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let parts: Vec<i64> = if whole.contains(':') {
        whole.split(':').map(|part| digits(part, 2, 2)).collect::<Option<_>>()?
    } else {
        let pairs = whole.is_ascii().then(|| whole.as_bytes().chunks(2))?;
        pairs.map(|pair| digits(std::str::from_utf8(pair).ok()?, 2, 2)).collect::<Option<_>>()?
    };
    // The fraction in microseconds of its unit, rounded down.
    let unit = [3600, 60, 1].get(parts.len().checked_sub(1)?)?;
    let micros = fraction.map_or(Some(0), |fraction| fraction_of(fraction, *unit))?;
    let value = |index: usize| parts.get(index).copied().unwrap_or(0);
    let (added, micros) = (micros / 1_000_000, micros % 1_000_000);
    clock_time(value(0), value(1) + added / 60, value(2) + added % 60, micros)
}

/// `0.digits` of a unit of so many seconds, in microseconds.
fn fraction_of(digits: &str, seconds: i64) -> Option<i64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let kept = &digits[..digits.len().min(15)];
    let scale = 10_i128.pow(u32::try_from(kept.len()).ok()?);
    i64::try_from(kept.parse::<i128>().ok()? * i128::from(seconds) * 1_000_000 / scale).ok()
}

/// The time without `Z`, `+hh`, `+hhmm` or `+hh:mm` at its end.
fn without_offset(clock: &str) -> Option<&str> {
    if let Some(before) = clock.strip_suffix('Z') {
        return Some(before);
    }
    let Some(at) = clock.find(['+', '-']) else { return Some(clock) };
    let (hours, minutes) = match clock.len() - at {
        3 => (clock.get(at + 1..)?, "00"),
        5 => (clock.get(at + 1..at + 3)?, clock.get(at + 3..)?),
        6 => clock[at + 1..].split_once(':')?,
        _ => return None,
    };
    digits(hours, 2, 2).and(digits(minutes, 2, 2)).map(|_| &clock[..at])
}

/// A number of so many ASCII digits.
fn digits(text: &str, at_least: usize, at_most: usize) -> Option<i64> {
    let fits = (at_least..=at_most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// Python's years begin at 1.
fn calendar_date(year: i64, month: i64, day: i64) -> Option<Date> {
    let year = i16::try_from(year).ok().filter(|year| *year >= 1)?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn clock_time(hour: i64, minute: i64, second: i64, micros: i64) -> Option<Time> {
    let nanos = i32::try_from(micros * 1000).ok()?;
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, nanos).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn dates_and_times_as_strptime_reads_them() {
        assert_eq!(read_date(" 2020-1-2 "), Some(date(2020, 1, 2)));
        assert_eq!(read_date("2020-1- 2"), Some(date(2020, 1, 2)));
        assert_eq!(read_date("2020-02-30"), None);
        assert_eq!(read_date("20-01-02"), None);
        assert_eq!(read_date("0000-01-02"), None);
        assert_eq!(read_timestamp("2020-02-04 \t4:5:6"), Some(date(2020, 2, 4).at(4, 5, 6, 0)));
        for text in ["2020-02-04 04:30", "2020-02-04 04:30:21.5", "2020-02-04 24:00:00", "2020-02-04"] {
            assert_eq!(read_timestamp(text), None, "{text}");
        }
    }

    #[test]
    fn iso_times_have_many_forms() {
        let day = date(2020, 1, 2);
        for (text, expected) in [
            ("2020-01-02T03:04:05Z", day.at(3, 4, 5, 0)),
            ("2020-01-02T03:04:05.5+02:00", day.at(3, 4, 5, 500_000_000)),
            ("20200102T030405-0130", day.at(3, 4, 5, 0)),
            ("2020-01-02T03:04", day.at(3, 4, 0, 0)),
            ("2020-01-02T03.5", day.at(3, 30, 0, 0)),
            ("2020-01-02T03:04,5+02", day.at(3, 4, 30, 0)),
            ("2020-W01-4T00", day.at(0, 0, 0, 0)),
            ("2020-002T00", day.at(0, 0, 0, 0)),
        ] {
            assert_eq!(read_iso(text), Some(expected), "{text}");
        }
        for text in [
            "2020-01-02",
            "2020-01-02 03:04:05",
            "2020-1-2T03:04:05",
            "2020-01-02T24:00",
            "T03:04",
            "2020-01-02T",
            "2020-01-02T03:04+2",
            "2020-01-02T03:04T",
        ] {
            assert_eq!(read_iso(text), None, "{text}");
        }
    }
}
