//! Python's `datetime`: `datetime`, `date`, `timedelta`, `timezone`.

use super::super::args::Args;
use super::super::error::{Error, Result};
use super::super::value::Value;
use super::Module;
use super::calendar::strptime;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, Zoned};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

mod date;
mod delta;
mod moment;
mod zone;

use date::PyDate;
use delta::PyDelta;
use moment::PyDateTime;
use zone::PyZone;

const DAY: i128 = 86_400_000_000;

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

pub(super) fn zone(zone: TimeZone) -> Value {
    Value::object(PyZone(zone))
}
pub(super) fn aware(zoned: Zoned) -> Value {
    Value::object(PyDateTime { time: zoned.datetime(), zone: Some(zoned.time_zone().clone()) })
}
/// A zone of pytz given as `tzinfo=` stands for the oldest offset it knows, local mean time: pytz's own way,
/// which its `localize()` and `astimezone()` avoid.
fn as_tzinfo(zone: TimeZone) -> TimeZone {
    if zone.iana_name().is_none_or(|name| name == "UTC") {
        return zone;
    }
    let seconds = zone.to_offset(Timestamp::MIN).seconds();
    let minutes = (seconds + 30).div_euclid(60);
    jiff::tz::Offset::from_seconds(minutes * 60).map_or(zone, TimeZone::fixed)
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

fn out_of_range(error: jiff::Error) -> Error {
    Error::value(format!("date value out of range: {error}"))
}

static CLOCK_READS: AtomicU64 = AtomicU64::new(0);
thread_local! {
    static CLOCK_READS_HERE: Cell<u64> = const { Cell::new(0) };
}

/// How often templates have asked for the time (or the zone of this machine): in this thread, and in all.
/// Whoever keeps what a template gave must know whether it would give the same again.
pub fn clock_reads() -> (u64, u64) {
    (CLOCK_READS_HERE.get(), CLOCK_READS.load(Ordering::Relaxed))
}

fn note_clock_read() {
    CLOCK_READS_HERE.set(CLOCK_READS_HERE.get() + 1);
    CLOCK_READS.fetch_add(1, Ordering::Relaxed);
}

pub(super) fn module() -> Value {
    let now = |name: &'static str, zoned: fn() -> Zoned| {
        Value::function(name, move |_, args: Args| {
            let zone = zone_of(&args.bind(name, &["tz?"])?.value("tz"))?;
            note_clock_read();
            Ok(match zone {
                Some(zone) => aware(Timestamp::now().to_zoned(zone)),
                None => naive(microseconds_only(zoned().datetime())),
            })
        })
    };
    let datetime = Module::class(
        "datetime.datetime",
        Value::function("datetime", |_, args| new_datetime(args)),
        vec![
            ("now", now("now", Zoned::now)),
            ("today", now("today", Zoned::now)),
            ("utcnow", now("utcnow", || Timestamp::now().to_zoned(TimeZone::UTC))),
            (
                "strptime",
                Value::function("strptime", |_, args| {
                    let mut bound = args.bind("strptime", &["date_string", "format"])?;
                    let (time, offset) = strptime(&bound.text("date_string")?, &bound.text("format")?)?;
                    let zone = offset.map(fixed).transpose()?;
                    Ok(Value::object(PyDateTime { time, zone }))
                }),
            ),
            (
                "fromisoformat",
                Value::function("fromisoformat", |_, args| {
                    from_iso(&args.bind("fromisoformat", &["date_string"])?.text("date_string")?)
                }),
            ),
            (
                "fromtimestamp",
                Value::function("fromtimestamp", |_, args| {
                    let mut bound = args.bind("fromtimestamp", &["timestamp", "tz?"])?;
                    let seconds = bound.value("timestamp").as_float();
                    let seconds =
                        seconds.ok_or_else(|| Error::type_error("fromtimestamp() needs a number"))?;
                    let timestamp =
                        Timestamp::from_microsecond((seconds * 1e6).round() as i64).map_err(out_of_range)?;
                    Ok(match zone_of(&bound.value("tz"))? {
                        Some(zone) => aware(timestamp.to_zoned(zone)),
                        None => {
                            note_clock_read();
                            naive(timestamp.to_zoned(TimeZone::system()).datetime())
                        }
                    })
                }),
            ),
        ],
    );
    let date_class = Module::class(
        "datetime.date",
        Value::function("date", |_, args| {
            let mut bound = args.bind("date", &["year", "month", "day"])?;
            let mut part = |name| int_of(&bound.value(name));
            let (year, month, day) = (part("year")?, part("month")?, part("day")?);
            new_date(year, month, day).map(date)
        }),
        vec![
            (
                "today",
                Value::function("today", |_, args| {
                    args.bind("today", &[])?;
                    note_clock_read();
                    Ok(date(Zoned::now().date()))
                }),
            ),
            (
                "fromisoformat",
                Value::function("fromisoformat", |_, args| {
                    let text = args.bind("fromisoformat", &["date_string"])?.text("date_string")?;
                    let parsed =
                        text.parse().map_err(|_| Error::value(format!("Invalid isoformat string: '{text}'")));
                    parsed.map(date)
                }),
            ),
        ],
    );
    let timezone = Module::class(
        "datetime.timezone",
        Value::function("timezone", |_, args| {
            let offset = args.bind("timezone", &["offset", "name?"])?.value("offset");
            let delta = offset.downcast::<PyDelta>();
            let delta =
                delta.ok_or_else(|| Error::type_error("timezone() argument 1 must be a timedelta"))?;
            let seconds =
                i32::try_from(delta.0 / 1_000_000).map_err(|_| Error::value("offset out of range"))?;
            fixed(seconds).map(zone)
        }),
        vec![("utc", zone(TimeZone::UTC))],
    );
    let timedelta = Value::function("timedelta", |_, args| {
        let names = ["days?", "seconds?", "microseconds?", "milliseconds?", "minutes?", "hours?", "weeks?"];
        let units = [DAY, 1_000_000, 1, 1000, 60_000_000, 3_600_000_000, 7 * DAY];
        let mut bound = args.bind("timedelta", &names)?;
        let mut total = 0;
        for (name, unit) in names.iter().zip(units) {
            total += match bound.take(name.trim_end_matches('?')) {
                None => 0,
                Some(value) => match (value.as_int(), value.as_float()) {
                    (Some(int), _) => int.saturating_mul(unit),
                    (None, Some(float)) => (float * unit as f64).round_ties_even() as i128,
                    _ => return Err(Error::type_error("timedelta() needs numbers")),
                },
            };
        }
        new_delta(total)
    });
    Module::of(
        "datetime",
        vec![
            ("datetime", datetime),
            ("date", date_class),
            ("timedelta", timedelta),
            ("timezone", timezone),
            ("UTC", zone(TimeZone::UTC)),
        ],
    )
}

fn microseconds_only(time: DateTime) -> DateTime {
    let nanosecond = time.subsec_nanosecond() / 1000 * 1000;
    time.with().subsec_nanosecond(nanosecond).build().unwrap_or(time)
}

fn fixed(seconds: i32) -> Result<TimeZone> {
    Offset::from_seconds(seconds).map(TimeZone::fixed).map_err(out_of_range)
}

fn int_of(value: &Value) -> Result<i128> {
    value.as_int().ok_or_else(|| {
        Error::type_error(format!("'{}' object cannot be interpreted as an integer", value.type_name()))
    })
}

fn new_date(year: i128, month: i128, day: i128) -> Result<Date> {
    let small = |number: i128, what: &str| {
        i8::try_from(number).map_err(|_| Error::value(format!("{what} is out of range")))
    };
    let year = i16::try_from(year).ok().filter(|year| (1..=9999).contains(year));
    let year = year.ok_or_else(|| Error::value("year is out of range"))?;
    Date::new(year, small(month, "month")?, small(day, "day")?)
        .map_err(|_| Error::value("day is out of range for month, or month must be in 1..12"))
}

const PARTS: [&str; 8] = ["year", "month", "day", "hour?", "minute?", "second?", "microsecond?", "tzinfo?"];

fn new_datetime(args: Args) -> Result<Value> {
    let mut bound = args.bind("datetime", &PARTS)?;
    let mut parts = [0; 7];
    for (part, name) in parts.iter_mut().zip(PARTS) {
        if let Some(value) = bound.take(name.trim_end_matches('?')) {
            *part = int_of(&value)?;
        }
    }
    let zone = zone_of(&bound.value("tzinfo"))?.map(as_tzinfo);
    Ok(Value::object(PyDateTime { time: assemble(parts)?, zone }))
}

fn assemble([year, month, day, hour, minute, second, microsecond]: [i128; 7]) -> Result<DateTime> {
    let wrong =
        || Error::value("hour must be in 0..23, minute and second in 0..59, microsecond in 0..999999");
    let small = |number: i128| i8::try_from(number).map_err(|_| wrong());
    let nanosecond = i32::try_from(microsecond.saturating_mul(1000)).map_err(|_| wrong())?;
    let time = jiff::civil::Time::new(small(hour)?, small(minute)?, small(second)?, nanosecond);
    Ok(new_date(year, month, day)?.to_datetime(time.map_err(|_| wrong())?))
}

fn from_iso(text: &str) -> Result<Value> {
    let wrong = || Error::value(format!("Invalid isoformat string: '{text}'"));
    let formats = ["%Y-%m-%d", "%Y-%m-%d?%H:%M", "%Y-%m-%d?%H:%M:%S", "%Y-%m-%d?%H:%M:%S.%f"];
    let separator = text.get(10..).and_then(|rest| rest.chars().next()).unwrap_or('T').to_string();
    for format in formats {
        for suffix in ["", "%z"] {
            let format = format.replace('?', &separator.replace('%', "%%")) + suffix;
            if let Ok((time, offset)) = strptime(text, &format) {
                let zone = offset.map(fixed).transpose()?;
                return Ok(Value::object(PyDateTime { time, zone }));
            }
        }
    }
    Err(wrong())
}

fn new_delta(microseconds: i128) -> Result<Value> {
    if microseconds.abs() > DAY * 999_999_999 {
        return Err(Error::new(super::super::error::Kind::Overflow, "the timedelta is too large"));
    }
    Ok(Value::object(PyDelta(microseconds)))
}

fn duration(microseconds: i128) -> SignedDuration {
    // `new_delta` keeps deltas far below the range of an i64 of seconds.
    SignedDuration::new(
        (microseconds.div_euclid(1_000_000)) as i64,
        (microseconds.rem_euclid(1_000_000) * 1000) as i32,
    )
}

fn isocalendar(date: Date) -> Value {
    let week = date.iso_week_date();
    let weekday = week.weekday().to_monday_one_offset();
    Value::tuple([
        Value::from(i64::from(week.year())),
        Value::from(i64::from(week.week())),
        Value::from(i64::from(weekday)),
    ])
}
