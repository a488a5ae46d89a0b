//! `strftime` over TIMESTAMPTZ.

use super::calendar::{Fields, day_of, is_finite, iso_week, iso_weekday};
use super::date_parts::{month_name, weekday_name};
use super::scalar_function::{Call, Type, add};
use super::timestamp_text::{self, number};
use super::vectors::Text;
use super::zone::{HOUR, MINUTE, SECOND};
use ingot_core::error::Result;
use libduckdb_sys as ffi;

pub(crate) fn register(connection: ffi::duckdb_connection) -> Result<()> {
    use Type::{TimestampTz, Varchar};
    // The other order of arguments is DuckDB's own, and in UTC.
    add(connection, "strftime", &[TimestampTz, Varchar], Varchar, Box::new(format))
}

fn format(call: &mut Call<'_>) -> Result<(), String> {
    let zone = call.zone()?;
    let mut lookup = zone.lookup();
    let (times, patterns) = (call.input::<i64>(0), call.input::<Text>(1));
    let mut out = Vec::new();
    for row in 0..call.rows {
        let (Some(instant), Some(pattern)) = (times.get(row), patterns.get(row)) else {
            call.set_null(row);
            continue;
        };
        out.clear();
        // An infinity is written as such, but a wrong pattern is wrong for it too.
        let time = if is_finite(*instant) { *instant } else { 0 };
        let offset = lookup.offset_at(time);
        let moment = Moment { fields: Fields::at(time, offset), offset, zone: zone.name() };
        moment.write(&mut out, pattern.bytes())?;
        if !is_finite(*instant) {
            out.clear();
            timestamp_text::write(&mut out, *instant, 0);
        }
        call.write_text(row, &out);
    }
    Ok(())
}

struct Moment<'a> {
    fields: Fields,
    offset: i64,
    zone: &'a str,
}

impl Moment<'_> {
    fn write(&self, out: &mut Vec<u8>, pattern: &[u8]) -> Result<(), String> {
        let fail = |reason: String| {
            Err(format!("Failed to parse format specifier {}: {reason}", String::from_utf8_lossy(pattern)))
        };
        if pattern.is_empty() {
            return fail("Empty format string".into());
        }
        let mut bytes = pattern.iter().copied();
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                out.push(byte);
                continue;
            }
            match bytes.next() {
                None => return fail("Trailing format character %".into()),
                Some(b'-') => match bytes.next() {
                    Some(letter) if self.write_short(out, letter) => {}
                    Some(letter) => {
                        return fail(format!(
                            "Unrecognized format for strftime/strptime: %-{}",
                            letter as char
                        ));
                    }
                    None => return fail("Unrecognized format for strftime/strptime: %-".into()),
                },
                Some(letter) => {
                    if !self.write_padded(out, letter) {
                        return fail(format!(
                            "Unrecognized format for strftime/strptime: %{}",
                            letter as char
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    fn hour_of_twelve(&self) -> i64 {
        match self.fields.hour() % 12 {
            0 => 12,
            hour => hour,
        }
    }

    fn write_short(&self, out: &mut Vec<u8>, letter: u8) -> bool {
        let fields = &self.fields;
        let value = match letter {
            b'd' => fields.day_of_month,
            b'm' => fields.month,
            b'y' => fields.year.abs() % 100,
            b'H' => fields.hour(),
            b'I' => self.hour_of_twelve(),
            b'M' => fields.minute(),
            b'S' => fields.second(),
            b'j' => fields.day_of_year(),
            _ => return false,
        };
        number(out, value, 1);
        true
    }

    fn write_padded(&self, out: &mut Vec<u8>, letter: u8) -> bool {
        let fields = &self.fields;
        let weekday = iso_weekday(fields.day);
        match letter {
            b'%' => out.push(b'%'),
            b'a' => out.extend_from_slice(&weekday_name(weekday).as_bytes()[..3]),
            b'A' => out.extend_from_slice(weekday_name(weekday).as_bytes()),
            b'w' => number(out, weekday % 7, 1),
            b'u' => number(out, weekday, 1),
            b'd' => number(out, fields.day_of_month, 2),
            b'b' | b'h' => out.extend_from_slice(&month_name(fields.month).as_bytes()[..3]),
            b'B' => out.extend_from_slice(month_name(fields.month).as_bytes()),
            b'm' => number(out, fields.month, 2),
            b'y' => number(out, fields.year.abs() % 100, 2),
            b'Y' => year(out, fields.year),
            b'G' => year(out, iso_week(fields.day).0),
            b'V' => number(out, iso_week(fields.day).1, 2),
            b'H' => number(out, fields.hour(), 2),
            b'I' => number(out, self.hour_of_twelve(), 2),
            b'p' => out.extend_from_slice(if fields.hour() >= 12 { b"PM" } else { b"AM" }),
            b'M' => number(out, fields.minute(), 2),
            b'S' => number(out, fields.second(), 2),
            b'n' => number(out, fields.microsecond() * 1000, 9),
            b'f' => number(out, fields.microsecond(), 6),
            b'g' => number(out, fields.microsecond() / 1000, 3),
            b'z' => self.write_offset(out),
            b'Z' => out.extend_from_slice(self.zone.as_bytes()),
            b'j' => number(out, fields.day_of_year(), 3),
            b'U' => number(out, self.week_of_year(weekday % 7), 2),
            b'W' => number(out, self.week_of_year(weekday - 1), 2),
            b'c' => return self.write_padded(out, b'x') && push(out, b' ') && self.write_padded(out, b'X'),
            b'x' => {
                year(out, fields.year);
                out.push(b'-');
                number(out, fields.month, 2);
                out.push(b'-');
                number(out, fields.day_of_month, 2);
            }
            b'X' | b'T' => {
                number(out, fields.hour(), 2);
                out.push(b':');
                number(out, fields.minute(), 2);
                out.push(b':');
                number(out, fields.second(), 2);
            }
            _ => return false,
        }
        true
    }

    /// Weeks that begin on a fixed weekday; the days before the first of them are week 0.
    fn week_of_year(&self, days_since_start_of_week: i64) -> i64 {
        let day_of_year = self.fields.day - day_of(self.fields.year, 1, 1);
        (day_of_year + 7 - days_since_start_of_week) / 7
    }

    fn write_offset(&self, out: &mut Vec<u8>) {
        out.push(if self.offset < 0 { b'-' } else { b'+' });
        let offset = self.offset.abs();
        let (minutes, seconds) = (offset / MINUTE % 60, offset / SECOND % 60);
        number(out, offset / HOUR, 2);
        if minutes != 0 || seconds != 0 {
            out.push(b':');
            number(out, minutes, 2);
        }
        if seconds != 0 {
            out.push(b':');
            number(out, seconds, 2);
        }
    }
}

fn push(out: &mut Vec<u8>, byte: u8) -> bool {
    out.push(byte);
    true
}

fn year(out: &mut Vec<u8>, year: i64) {
    if year < 0 {
        out.push(b'-');
        number(out, -year, 1);
    } else {
        number(out, year, 4);
    }
}
