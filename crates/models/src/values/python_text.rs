//! Python's texts for values that DuckDB shows in its own way.

use std::fmt::Write;

const DAY: i128 = 86_400_000_000;

/// `str(datetime.time)`: six digits of seconds or none, offsets with minutes.
pub(super) fn time_text(text: &str) -> String {
    let split = text.find(['+', '-']).unwrap_or(text.len());
    let (clock, offset) = text.split_at(split);
    let (seconds, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut out = seconds.to_owned();
    // A seventh digit and more, of TIME_NS, have no place in Python.
    let micros = &fraction[..fraction.len().min(6)];
    if micros.bytes().any(|digit| digit != b'0') {
        write!(out, ".{micros:0<6}").ok();
    }
    out += offset;
    if offset.len() == 3 {
        out += ":00";
    }
    out
}

/// `str(datetime.timedelta)`, for which DuckDB's client takes a month for 30 days.
pub(super) fn interval_text(text: &str) -> String {
    let mut micros: i128 = 0;
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        if word.contains(':') {
            micros += clock_micros(word);
            continue;
        }
        let count: i128 = word.parse().unwrap_or(0);
        let days = match words.next().unwrap_or_default().trim_end_matches('s') {
            "year" => 360,
            "month" => 30,
            _ => 1,
        };
        micros += count * days * DAY;
    }
    let (days, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let mut out = match days {
        0 => String::new(),
        1 | -1 => format!("{days} day, "),
        _ => format!("{days} days, "),
    };
    let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
    write!(out, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60).ok();
    if micros != 0 {
        write!(out, ".{micros:06}").ok();
    }
    out
}

/// `-01:02:03.5` in microseconds.
fn clock_micros(text: &str) -> i128 {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds = clock.split(':').fold(0_i128, |total, part| total * 60 + part.parse::<i128>().unwrap_or(0));
    let micros: i128 = format!("{fraction:0<6}")[..6].parse().unwrap_or(0);
    let total = seconds * 1_000_000 + micros;
    if negative { -total } else { total }
}

/// `repr(bytes)` of what DuckDB shows with `\xNN` for every byte that is not printable.
pub(super) fn bytes_repr(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = after.strip_prefix(b"x").and_then(|hex| hex.get(..2)).filter(|_| first == b'\\');
        let value = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(value.unwrap_or(first));
        rest = if value.is_some() { &after[3..] } else { after };
    }
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            byte if char::from(byte) == quote => {
                out.push('\\');
                out.push(quote);
            }
            0x20..=0x7e => out.push(char::from(byte)),
            byte => {
                write!(out, "\\x{byte:02x}").ok();
            }
        }
    }
    out.push(quote);
    out
}
