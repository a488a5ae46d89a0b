//! `strftime` and `strptime`: dates and times to text by a format, and back.
//!
//! `jiff::fmt::strtime` (0.2) knows most of the codes, but would not spare this code. A naive datetime has no
//! `%z` and `%Z`, which Python leaves out and jiff refuses; `%f` is always six digits in Python; the name of a
//! fixed offset is `UTC+05:30` in Python and `+05:30` in jiff; `%Q`, `%q` and `%N`, which Python hands on as
//! they are, mean something to jiff. So every format would have to be read here first, and rewritten. In
//! `strptime`, jiff neither fills in 1900-01-01 nor tells what remains of the text.

use crate::error::{Error, Result};
use ingot_core::civil::{MONTHS, WEEKDAYS};
use jiff::civil::DateTime;
use std::fmt::Write;

/// What a time zone adds: seconds east of UTC, and the abbreviation.
pub(super) struct Zone {
    pub offset: i32,
    pub name: String,
}

pub(super) fn strftime(time: DateTime, zone: Option<&Zone>, format: &str) -> String {
    let mut out = String::new();
    let mut characters = format.chars();
    let month = usize::from(time.month().unsigned_abs()) - 1;
    let weekday = usize::from(time.weekday().to_monday_zero_offset().unsigned_abs());
    let day_of_year = i32::from(time.day_of_year());
    let hour12 = (time.hour() + 11) % 12 + 1;
    while let Some(character) = characters.next() {
        if character != '%' {
            out.push(character);
            continue;
        }
        let mut code = characters.next();
        // `%-d`: without the leading zero.
        let bare = code == Some('-');
        if bare {
            code = characters.next();
        }
        let mut number = |value: i32, width: usize| {
            let width = if bare { 1 } else { width };
            // Writing to a String cannot fail.
            let _ = write!(out, "{value:0width$}");
        };
        match code {
            Some('Y') => number(i32::from(time.year()), 4),
            Some('m') => number(i32::from(time.month()), 2),
            Some('d') => number(i32::from(time.day()), 2),
            Some('H') => number(i32::from(time.hour()), 2),
            Some('M') => number(i32::from(time.minute()), 2),
            Some('S') => number(i32::from(time.second()), 2),
            Some('f') => number(time.subsec_nanosecond() / 1000, 6),
            Some('y') => number(i32::from(time.year()).rem_euclid(100), 2),
            Some('j') => number(day_of_year, 3),
            Some('I') => number(i32::from(hour12), 2),
            Some('u') => number(weekday as i32 + 1, 1),
            Some('w') => number((weekday as i32 + 1) % 7, 1),
            Some('U') => number((day_of_year + 6 - (weekday as i32 + 1) % 7) / 7, 2),
            Some('W') => number((day_of_year + 6 - weekday as i32) / 7, 2),
            Some('V') => number(i32::from(time.date().iso_week_date().week()), 2),
            Some('G') => number(i32::from(time.date().iso_week_date().year()), 4),
            Some('e') => {
                let _ = write!(out, "{:2}", time.day());
            }
            Some('B') => out.push_str(MONTHS[month]),
            Some('b' | 'h') => out.push_str(&MONTHS[month][..3]),
            Some('A') => out.push_str(WEEKDAYS[weekday]),
            Some('a') => out.push_str(&WEEKDAYS[weekday][..3]),
            Some('p') => out.push_str(if time.hour() < 12 { "AM" } else { "PM" }),
            Some('F') => out.push_str(&strftime(time, zone, "%Y-%m-%d")),
            Some('T' | 'X') => out.push_str(&strftime(time, zone, "%H:%M:%S")),
            Some('R') => out.push_str(&strftime(time, zone, "%H:%M")),
            Some('D' | 'x') => out.push_str(&strftime(time, zone, "%m/%d/%y")),
            Some('c') => out.push_str(&strftime(time, zone, "%a %b %e %H:%M:%S %Y")),
            Some('z') => {
                if let Some(zone) = zone {
                    out.push_str(&offset_text(zone.offset, ""));
                }
            }
            Some('Z') => {
                if let Some(zone) = zone {
                    out.push_str(&zone.name);
                }
            }
            Some('s') => {
                let seconds = time.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |zoned| {
                    zoned.timestamp().as_second() - zone.map_or(0, |z| i64::from(z.offset))
                });
                let _ = write!(out, "{seconds}");
            }
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('%') => out.push('%'),
            Some(other) => {
                out.push('%');
                out.push(other);
            }
            None => out.push('%'),
        }
    }
    out
}

/// `+0530`, or `+05:30` with a colon for `between`.
pub(super) fn offset_text(offset: i32, between: &str) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let size = offset.abs();
    let mut text = format!("{sign}{:02}{between}{:02}", size / 3600, size / 60 % 60);
    if size % 60 != 0 {
        let _ = write!(text, "{between}{:02}", size % 60);
    }
    text
}

/// The time that `text` says by `format`, and its offset in seconds where the format has `%z`.
pub(super) fn strptime(text: &str, format: &str) -> Result<(DateTime, Option<i32>)> {
    let mismatch = || Error::value(format!("time data '{text}' does not match format '{format}'"));
    let mut rest = text;
    let (mut year, mut month, mut day, mut hour, mut minute, mut second) = (1900, 1, 1, 0, 0, 0);
    let (mut nanosecond, mut afternoon, mut offset, mut day_of_year) = (0, None, None, None);
    let format = format.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S");
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character.is_whitespace() {
            rest = rest.trim_start();
            continue;
        }
        if character != '%' {
            rest = rest.strip_prefix(character).ok_or_else(mismatch)?;
            continue;
        }
        let mut number = |most: usize| {
            let length = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
            let (digits, after) = rest.split_at(length);
            rest = after;
            digits.parse::<i32>().map_err(|_| mismatch())
        };
        match characters.next() {
            Some('Y') => year = number(4)?,
            Some('m') => month = number(2)?,
            Some('d' | 'e') => day = number(2)?,
            Some('H') => hour = number(2)?,
            Some('I') => hour = number(2)? % 12,
            Some('M') => minute = number(2)?,
            Some('S') => second = number(2)?,
            Some('j') => day_of_year = Some(number(3)?),
            Some('y') => {
                let short = number(2)?;
                year = if short < 69 { 2000 + short } else { 1900 + short };
            }
            Some('f') => {
                let length = rest.bytes().take(6).take_while(u8::is_ascii_digit).count();
                let micros: i32 = format!("{:0<6}", &rest[..length]).parse().map_err(|_| mismatch())?;
                nanosecond = micros * 1000;
                rest = &rest[length..];
            }
            Some(code @ ('B' | 'b')) => {
                month = 1 + word(&mut rest, &MONTHS, code == 'B').ok_or_else(mismatch)?
            }
            Some(code @ ('A' | 'a')) => {
                word(&mut rest, &WEEKDAYS, code == 'A').ok_or_else(mismatch)?;
            }
            Some('p') => afternoon = Some(word(&mut rest, &["AM", "PM"], true).ok_or_else(mismatch)? == 1),
            Some('z') => {
                if let Some(after) = rest.strip_prefix('Z') {
                    offset = Some(0);
                    rest = after;
                } else {
                    let negative = rest.starts_with('-');
                    rest = rest.strip_prefix(['+', '-']).ok_or_else(mismatch)?;
                    let part = |rest: &mut &str| -> Result<i32> {
                        let part = rest.get(..2).and_then(|two| two.parse().ok()).ok_or_else(mismatch)?;
                        *rest = &rest[2..];
                        Ok(part)
                    };
                    let hours = part(&mut rest)?;
                    rest = rest.strip_prefix(':').unwrap_or(rest);
                    let minutes = part(&mut rest)?;
                    let size = hours * 3600 + minutes * 60;
                    offset = Some(if negative { -size } else { size });
                }
            }
            Some('Z') => {
                let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
                rest = &rest[length..];
            }
            Some('%') => rest = rest.strip_prefix('%').ok_or_else(mismatch)?,
            other => {
                let code = other.map_or(String::new(), String::from);
                return Err(Error::value(format!("'{code}' is a bad directive in format '{format}'")));
            }
        }
    }
    if !rest.is_empty() {
        return Err(Error::value(format!("unconverted data remains: {rest}")));
    }
    if let Some(afternoon) = afternoon {
        hour = hour % 12 + if afternoon { 12 } else { 0 };
    }
    let small = |number: i32| i8::try_from(number).map_err(|_| mismatch());
    let year = i16::try_from(year).map_err(|_| mismatch())?;
    let mut time = DateTime::new(
        year,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        nanosecond,
    )
    .map_err(|_| mismatch())?;
    if let Some(day) = day_of_year {
        let days = jiff::SignedDuration::from_hours(i64::from(day - i32::from(time.day_of_year())) * 24);
        time = time.checked_add(days).map_err(|_| mismatch())?;
    }
    Ok((time, offset))
}

/// The index of the word that `rest` begins with, in full or by its first three letters.
fn word(rest: &mut &str, words: &[&str], full: bool) -> Option<i32> {
    let (index, length) = words.iter().enumerate().find_map(|(index, word)| {
        let word = if full { word } else { &word[..3] };
        rest.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word)).map(|_| (index, word.len()))
    })?;
    *rest = &rest[length..];
    i32::try_from(index).ok()
}
