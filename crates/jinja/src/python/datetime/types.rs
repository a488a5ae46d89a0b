//! The types, and how they are made.

use crate::error::{Error, Kind, Result};
use crate::value::{Bound, Value};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, Zoned};

/// `date`.
pub(super) struct PyDate(pub(super) Date);

/// `datetime`: aware of its zone, or naive.
pub(super) struct PyDateTime {
    pub(super) time: DateTime,
    pub(super) zone: Option<TimeZone>,
}

/// `time`: a time of day.
pub(super) struct PyTime {
    pub(super) time: Time,
    pub(super) zone: Option<TimeZone>,
}

/// `timedelta`, in microseconds.
pub(super) struct PyDelta(pub(super) i128);

/// `timezone`, and the zones of `pytz`.
pub(super) struct PyZone(pub(super) TimeZone);

/// A day in microseconds.
pub(super) const DAY: i128 = 86_400_000_000;

/// An aware datetime in UTC, for hosts.
pub fn utc(timestamp: Timestamp) -> Value {
    aware(timestamp.to_zoned(TimeZone::UTC))
}
/// A naive datetime, for hosts.
pub fn naive(time: DateTime) -> Value {
    Value::object(PyDateTime { time, zone: None })
}
/// A date, for hosts.
pub fn date(date: Date) -> Value {
    Value::object(PyDate(date))
}

pub(in crate::python) fn zone(zone: TimeZone) -> Value {
    Value::object(PyZone(zone))
}
pub(super) fn aware(zoned: Zoned) -> Value {
    Value::object(PyDateTime { time: zoned.datetime(), zone: Some(zoned.time_zone().clone()) })
}
/// A zone of pytz given as `tzinfo=` means the oldest offset it knows, local mean time: pytz's own way,
/// which its `localize()` and `astimezone()` avoid.
fn as_tzinfo(zone: TimeZone) -> TimeZone {
    if zone.iana_name().is_none_or(|name| name == "UTC") {
        return zone;
    }
    let seconds = zone.to_offset(Timestamp::MIN).seconds();
    let minutes = (seconds + 30).div_euclid(60);
    Offset::from_seconds(minutes * 60).map_or(zone, TimeZone::fixed)
}

pub(super) fn zone_of(value: &Value) -> Result<Option<TimeZone>> {
    match value {
        Value::None => Ok(None),
        other => match other.downcast::<PyZone>() {
            Some(zone) => Ok(Some(zone.0.clone())),
            None => Err(Error::type_error(format!(
                "tzinfo argument must be None or of a tzinfo subclass, not type '{}'",
                other.type_name()
            ))),
        },
    }
}

pub(super) fn out_of_range(error: jiff::Error) -> Error {
    Error::value(format!("date value out of range: {error}"))
}

pub(super) fn fixed(seconds: i32) -> Result<TimeZone> {
    Offset::from_seconds(seconds).map(TimeZone::fixed).map_err(out_of_range)
}

pub(super) fn int_of(value: &Value) -> Result<i128> {
    value.as_int().ok_or_else(|| {
        Error::type_error(format!("'{}' object cannot be interpreted as an integer", value.type_name()))
    })
}

pub(super) fn new_date(year: i128, month: i128, day: i128) -> Result<Date> {
    let small = |number: i128, what: &str| {
        i8::try_from(number).map_err(|_| Error::value(format!("{what} is out of range")))
    };
    let year = i16::try_from(year).ok().filter(|year| (1..=9999).contains(year));
    let year = year.ok_or_else(|| Error::value("year is out of range"))?;
    Date::new(year, small(month, "month")?, small(day, "day")?)
        .map_err(|_| Error::value("day is out of range for month, or month must be in 1..12"))
}

/// The parameters of `datetime()` and of its `replace()`.
pub(super) const PARTS: [&str; 8] =
    ["year", "month", "day", "hour?", "minute?", "second?", "microsecond?", "tzinfo?"];

pub(super) fn assemble([year, month, day, hour, minute, second, microsecond]: [i128; 7]) -> Result<DateTime> {
    let wrong =
        || Error::value("hour must be in 0..23, minute and second in 0..59, microsecond in 0..999999");
    let small = |number: i128| i8::try_from(number).map_err(|_| wrong());
    let nanosecond = i32::try_from(microsecond.saturating_mul(1000)).map_err(|_| wrong())?;
    let time = jiff::civil::Time::new(small(hour)?, small(minute)?, small(second)?, nanosecond);
    Ok(new_date(year, month, day)?.to_datetime(time.map_err(|_| wrong())?))
}

pub(super) fn new_delta(microseconds: i128) -> Result<Value> {
    if microseconds.abs() > DAY * 999_999_999 {
        return Err(Error::new(Kind::Overflow, "the timedelta is too large"));
    }
    Ok(Value::object(PyDelta(microseconds)))
}

pub(super) fn duration(microseconds: i128) -> SignedDuration {
    // `new_delta` keeps deltas far below the range of an i64 of seconds.
    SignedDuration::new(
        (microseconds.div_euclid(1_000_000)) as i64,
        (microseconds.rem_euclid(1_000_000) * 1000) as i32,
    )
}

/// `year`, `month` or `day` of a date.
pub(super) fn date_part(date: Date, name: &str) -> Option<Value> {
    Some(Value::from(match name {
        "year" => i64::from(date.year()),
        "month" => i64::from(date.month()),
        "day" => i64::from(date.day()),
        _ => return None,
    }))
}

/// `hour` to `tzinfo` of a time of day.
pub(super) fn clock_part(time: Time, known: Option<&TimeZone>, name: &str) -> Option<Value> {
    Some(Value::from(match name {
        "hour" => i64::from(time.hour()),
        "minute" => i64::from(time.minute()),
        "second" => i64::from(time.second()),
        "microsecond" => i64::from(time.subsec_nanosecond() / 1000),
        "tzinfo" => return Some(known.cloned().map_or(Value::None, zone)),
        _ => return None,
    }))
}

/// `6, 30, 5)`: the end of what Python writes a time of day with, without seconds that are 0.
pub(super) fn clock_repr(time: Time, known: Option<&TimeZone>) -> String {
    let micros = time.subsec_nanosecond() / 1000;
    let mut text = format!("{}, {}", time.hour(), time.minute());
    if time.second() != 0 || micros != 0 {
        text += &format!(", {}", time.second());
    }
    if micros != 0 {
        text += &format!(", {micros}");
    }
    if let Some(known) = known {
        text += &format!(", tzinfo={}", zone(known.clone()).repr());
    }
    text + ")"
}

/// Puts those of the arguments `names` that were given in place of `parts`.
pub(super) fn take_parts(bound: &mut Bound<'_>, names: &[&str], parts: &mut [i128]) -> Result<()> {
    for (part, name) in parts.iter_mut().zip(names) {
        if let Some(value) = bound.take(name.trim_end_matches('?')) {
            *part = int_of(&value)?;
        }
    }
    Ok(())
}

/// The argument `tzinfo`, or what is known where it was not given.
pub(super) fn take_zone(bound: &mut Bound<'_>, known: Option<&TimeZone>) -> Result<Option<TimeZone>> {
    match bound.take("tzinfo") {
        Some(value) => Ok(zone_of(&value)?.map(as_tzinfo)),
        None => Ok(known.cloned()),
    }
}
