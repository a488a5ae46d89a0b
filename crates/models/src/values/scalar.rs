//! Cells that hold no other cells as values of templates.

use super::python_text::{bytes_repr, interval_text, time_text};
use ingot_engine::Cell;
use ingot_jinja::Value;
use ingot_jinja::python::{datetime, decimal};

/// The largest and the smallest moment of Python's calendar, which stand for DuckDB's infinities.
const ENDS: [(&str, &str); 2] =
    [("infinity", "9999-12-31 23:59:59.999999"), ("-infinity", "0001-01-01 00:00:00")];

/// The value of a cell; of one with cells in it, the engine's text.
pub(super) fn scalar(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::None,
        Cell::Bool(flag) => (*flag).into(),
        Cell::Int(int) => (*int).into(),
        Cell::Float(float) => decimal::decimal_of_float(*float),
        Cell::Decimal(text) => decimal::decimal(text),
        Cell::Date(text) => day(text).parse().map_or_else(|_| text.as_str().into(), datetime::date),
        Cell::Timestamp(text) => moment(text),
        Cell::Time(text) => time_text(text).into(),
        Cell::Interval(text) => interval_text(text).into(),
        Cell::Blob(text) => bytes_repr(text).into(),
        Cell::Text(text) | Cell::Other(text) => text.as_str().into(),
        Cell::Nested(nested) => nested.text.as_str().into(),
    }
}

/// The day of a DATE, infinities included.
pub(super) fn day(text: &str) -> &str {
    let known = finite(text);
    known.get(..10).filter(|_| known.len() != text.len()).unwrap_or(text)
}

fn finite(text: &str) -> &str {
    ENDS.iter().find(|(name, _)| *name == text).map_or(text, |(_, end)| end)
}

fn moment(text: &str) -> Value {
    let (local, is_utc) = match text.strip_suffix("+00") {
        Some(local) => (local, true),
        None => (finite(text), false),
    };
    // Nanoseconds are cut off.
    let end = local.rfind('.').map_or(local.len(), |dot| local.len().min(dot + 7));
    let local = local.get(..end).unwrap_or(local);
    let parsed = if is_utc {
        format!("{}Z", local.replace(' ', "T")).parse().ok().map(datetime::utc)
    } else {
        local.parse().ok().map(datetime::naive)
    };
    // Years that Python's calendar does not have stay text.
    parsed.unwrap_or_else(|| text.into())
}
