//! The module: the constructors, and the functions of the classes.

use super::clock::note_clock_read;
use super::time::new_time;
use super::types::{
    DAY, PARTS, PyDate, PyDateTime, PyDelta, PyTime, assemble, aware, date, fixed, int_of, naive, new_date,
    new_delta, out_of_range, take_parts, take_zone, zone, zone_of,
};
use crate::error::{Error, Result};
use crate::python::calendar::strptime;
use crate::python::module::Module;
use crate::value::{Args, Value};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

pub(in crate::python) fn module() -> Value {
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
            ("combine", Value::function("combine", |_, args| combine(args))),
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
    let time_class = Module::class(
        "datetime.time",
        Value::function("time", |_, args| new_time(args)),
        vec![(
            "fromisoformat",
            Value::function("fromisoformat", |_, args| {
                let text = args.bind("fromisoformat", &["time_string"])?.text("time_string")?;
                let parsed = text.trim_start_matches('T').parse();
                let time = parsed.map_err(|_| Error::value(format!("Invalid isoformat string: '{text}'")))?;
                Ok(Value::object(PyTime { time, zone: None }))
            }),
        )],
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
            ("time", time_class),
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

fn new_datetime(args: Args) -> Result<Value> {
    let mut bound = args.bind("datetime", &PARTS)?;
    let mut parts = [0; 7];
    take_parts(&mut bound, &PARTS, &mut parts)?;
    let zone = take_zone(&mut bound, None)?;
    Ok(Value::object(PyDateTime { time: assemble(parts)?, zone }))
}

/// `datetime.combine(date, time, tzinfo=…)`.
fn combine(args: Args) -> Result<Value> {
    let mut bound = args.bind("combine", &["date", "time", "tzinfo?"])?;
    let (day, time) = (bound.value("date"), bound.value("time"));
    let day = match (day.downcast::<PyDate>(), day.downcast::<PyDateTime>()) {
        (Some(day), _) => day.0,
        (_, Some(moment)) => moment.time.date(),
        _ => return Err(Error::type_error("combine() argument 1 must be datetime.date")),
    };
    let time = time.downcast::<PyTime>();
    let time = time.ok_or_else(|| Error::type_error("combine() argument 2 must be datetime.time"))?;
    let zone = take_zone(&mut bound, time.zone.as_ref())?;
    Ok(Value::object(PyDateTime { time: day.to_datetime(time.time), zone }))
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
