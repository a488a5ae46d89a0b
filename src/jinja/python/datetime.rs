//! Python's `datetime`: `datetime`, `date`, `timedelta`, `timezone`.

use super::super::args::Args;
use super::super::environment::State;
use super::super::error::{Error, Result};
use super::super::object::{Object, Operator};
use super::super::value::Value;
use super::Module;
use super::calendar::{Zone, offset_text, strftime, strptime};
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, Zoned};
use std::any::Any;
use std::cmp::Ordering;

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

pub(super) fn module() -> Value {
    let now = |name: &'static str, zoned: fn() -> Zoned| {
        Value::function(name, move |_, args: Args| {
            let zone = zone_of(&args.bind(name, &["tz?"])?.value("tz"))?;
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
                        None => naive(timestamp.to_zoned(TimeZone::system()).datetime()),
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
    let zone = zone_of(&bound.value("tzinfo"))?;
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

pub(super) struct PyZone(pub TimeZone);

impl PyZone {
    fn name(&self) -> String {
        match self.0.iana_name() {
            Some(name) => name.to_owned(),
            None => format!(
                "UTC{}",
                self.0.to_fixed_offset().map_or(String::new(), |o| offset_text(o.seconds(), ":"))
            ),
        }
    }
}

impl Object for PyZone {
    fn type_name(&self) -> &str {
        "timezone"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        (name == "zone").then(|| Value::from(self.name()))
    }
    fn method_names(&self) -> &[&'static str] {
        &["localize", "normalize"]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        if !self.method_names().contains(&name) {
            return None;
        }
        Some((|| {
            let value = args.clone().bind(name, &["dt", "is_dst?"])?.value("dt");
            let wanted = || Error::type_error(format!("{name}() needs a datetime"));
            let time = value.downcast::<PyDateTime>().ok_or_else(wanted)?;
            if name == "normalize" {
                return Ok(aware(time.zoned()?.with_time_zone(self.0.clone())));
            }
            if time.zone.is_some() {
                return Err(Error::value("Not naive datetime (tzinfo is already set)"));
            }
            Ok(Value::object(PyDateTime { time: time.time, zone: Some(self.0.clone()) }))
        })())
    }
    fn to_str(&self) -> String {
        self.name()
    }
    fn repr(&self) -> String {
        if self.0 == TimeZone::UTC { "<UTC>".to_owned() } else { format!("<DstTzInfo '{}'>", self.name()) }
    }
    fn equals(&self, other: &Value) -> Option<bool> {
        Some(other.downcast::<PyZone>().is_some_and(|other| other.0 == self.0))
    }
}

pub(super) struct PyDate(Date);

impl Object for PyDate {
    fn type_name(&self) -> &str {
        "datetime.date"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        date_part(self.0, name)
    }
    fn method_names(&self) -> &[&'static str] {
        &["strftime", "isoformat", "weekday", "isoweekday", "isocalendar", "replace", "toordinal"]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        if !self.method_names().contains(&name) {
            return None;
        }
        Some((|| {
            if name == "replace" {
                let mut bound = args.clone().bind(name, &["year?", "month?", "day?"])?;
                let mut part =
                    |name: &str, now: i128| bound.take(name).map_or(Ok(now), |value| int_of(&value));
                let year = part("year", self.0.year().into())?;
                let (month, day) = (part("month", self.0.month().into())?, part("day", self.0.day().into())?);
                return new_date(year, month, day).map(date);
            }
            let midnight = PyDateTime { time: self.0.to_datetime(jiff::civil::Time::midnight()), zone: None };
            if name == "isoformat" {
                args.clone().bind(name, &[])?;
                return Ok(Value::from(self.0.to_string()));
            }
            midnight.method(name, args.clone())
        })())
    }
    fn repr(&self) -> String {
        format!("datetime.date({}, {}, {})", self.0.year(), self.0.month(), self.0.day())
    }
    fn to_str(&self) -> String {
        self.0.to_string()
    }
    fn to_plain(&self) -> Option<Value> {
        Some(Value::from(self.0.to_string()))
    }
    fn hash_key(&self) -> Option<Value> {
        Some(Value::from(self.0.to_string()))
    }
    fn equals(&self, other: &Value) -> Option<bool> {
        Some(other.downcast::<PyDate>().is_some_and(|other| other.0 == self.0))
    }
    fn compare(&self, other: &Value) -> Option<Ordering> {
        Some(self.0.cmp(&other.downcast::<PyDate>()?.0))
    }
    fn format(&self, specification: &str) -> Option<String> {
        Some(strftime(self.0.to_datetime(jiff::civil::Time::midnight()), None, specification))
    }
    fn operate(&self, operator: Operator, other: &Value, reflected: bool) -> Option<Result<Value>> {
        if let (Operator::Subtract, Some(other), false) = (operator, other.downcast::<PyDate>(), reflected) {
            let days = self.0.duration_since(other.0).as_micros();
            return Some(new_delta(days));
        }
        let delta = other.downcast::<PyDelta>()?;
        let days = i64::try_from(delta.0.div_euclid(DAY)).ok()?;
        let hours = match operator {
            Operator::Add => days,
            Operator::Subtract if !reflected => i64::try_from((-delta.0).div_euclid(DAY)).ok()?,
            _ => return None,
        };
        Some(self.0.checked_add(SignedDuration::from_secs(hours * 86_400)).map(date).map_err(out_of_range))
    }
}

fn date_part(date: Date, name: &str) -> Option<Value> {
    Some(Value::from(match name {
        "year" => i64::from(date.year()),
        "month" => i64::from(date.month()),
        "day" => i64::from(date.day()),
        _ => return None,
    }))
}

pub(super) struct PyDateTime {
    time: DateTime,
    zone: Option<TimeZone>,
}

impl PyDateTime {
    /// The moment; a naive one is taken as local time.
    fn zoned(&self) -> Result<Zoned> {
        let zone = self.zone.clone().unwrap_or_else(TimeZone::system);
        self.time.to_zoned(zone).map_err(out_of_range)
    }
    fn zone_info(&self) -> Option<Zone> {
        let zone = self.zone.as_ref()?;
        let zoned = self.zoned().ok()?;
        let info = zone.to_offset_info(zoned.timestamp());
        // Python calls a fixed offset by its distance from UTC.
        let name = match zone.to_fixed_offset() {
            Ok(offset) if offset.seconds() != 0 => format!("UTC{}", offset_text(offset.seconds(), ":")),
            _ => info.abbreviation().to_owned(),
        };
        Some(Zone { offset: info.offset().seconds(), name })
    }
    fn isoformat(&self, separator: &str, timespec: &str) -> String {
        let micros = self.time.subsec_nanosecond() / 1000;
        let mut text = strftime(self.time, None, "%Y-%m-%d") + separator;
        text += &strftime(
            self.time,
            None,
            match timespec {
                "hours" => "%H",
                "minutes" => "%H:%M",
                "seconds" => "%H:%M:%S",
                "auto" if micros == 0 => "%H:%M:%S",
                "milliseconds" => "%H:%M:%S.",
                _ => "%H:%M:%S.%f",
            },
        );
        if timespec == "milliseconds" {
            text += &format!("{:03}", micros / 1000);
        }
        if let Some(zone) = self.zone_info() {
            text += &offset_text(zone.offset, ":");
        }
        text
    }

    fn method(&self, name: &str, args: Args) -> Result<Value> {
        let date_only = self.time.date();
        match name {
            "strftime" => {
                let format = args.bind(name, &["format"])?.text("format")?;
                return Ok(Value::from(strftime(self.time, self.zone_info().as_ref(), &format)));
            }
            "isoformat" => {
                let mut bound = args.bind(name, &["sep?", "timespec?"])?;
                let separator = bound.optional_text("sep")?.unwrap_or_else(|| "T".to_owned());
                let timespec = bound.optional_text("timespec")?.unwrap_or_else(|| "auto".to_owned());
                return Ok(Value::from(self.isoformat(&separator, &timespec)));
            }
            "astimezone" => {
                let zone = zone_of(&args.bind(name, &["tz?"])?.value("tz"))?.unwrap_or_else(TimeZone::system);
                return Ok(aware(self.zoned()?.with_time_zone(zone)));
            }
            "replace" => return self.replace(args),
            _ => {}
        }
        args.bind(name, &[])?;
        Ok(match name {
            "date" => date(date_only),
            "timestamp" => Value::Float(self.zoned()?.timestamp().as_microsecond() as f64 / 1e6),
            "weekday" => Value::from(i64::from(date_only.weekday().to_monday_zero_offset())),
            "isoweekday" => Value::from(i64::from(date_only.weekday().to_monday_one_offset())),
            "isocalendar" => isocalendar(date_only),
            "toordinal" => {
                let days = date_only.duration_since(Date::constant(1, 1, 1)).as_hours() / 24;
                Value::from(days + 1)
            }
            "utcoffset" => match self.zone_info() {
                Some(zone) => new_delta(i128::from(zone.offset) * 1_000_000)?,
                None => Value::None,
            },
            _ => self.zone_info().map_or(Value::None, |zone| Value::from(zone.name)),
        })
    }

    fn replace(&self, args: Args) -> Result<Value> {
        let names = PARTS.map(|name| if name.ends_with('?') { name.to_owned() } else { format!("{name}?") });
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut bound = args.bind("replace", &names)?;
        let time = self.time;
        let mut parts: [i128; 7] = [
            time.year().into(),
            time.month().into(),
            time.day().into(),
            time.hour().into(),
            time.minute().into(),
            time.second().into(),
            (time.subsec_nanosecond() / 1000).into(),
        ];
        for (part, name) in parts.iter_mut().zip(PARTS) {
            if let Some(value) = bound.take(name.trim_end_matches('?')) {
                *part = int_of(&value)?;
            }
        }
        let zone = match bound.take("tzinfo") {
            Some(value) => zone_of(&value)?,
            None => self.zone.clone(),
        };
        Ok(Value::object(PyDateTime { time: assemble(parts)?, zone }))
    }

    /// Comparable with those alike: naive with naive, aware with aware.
    fn order(&self, other: &Self) -> Option<Ordering> {
        match (&self.zone, &other.zone) {
            (None, None) => Some(self.time.cmp(&other.time)),
            (Some(_), Some(_)) => Some(self.zoned().ok()?.timestamp().cmp(&other.zoned().ok()?.timestamp())),
            _ => None,
        }
    }
}

impl Object for PyDateTime {
    fn type_name(&self) -> &str {
        "datetime.datetime"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        Some(Value::from(match name {
            "hour" => i64::from(self.time.hour()),
            "minute" => i64::from(self.time.minute()),
            "second" => i64::from(self.time.second()),
            "microsecond" => i64::from(self.time.subsec_nanosecond() / 1000),
            "tzinfo" => return Some(self.zone.clone().map_or(Value::None, zone)),
            _ => return date_part(self.time.date(), name),
        }))
    }
    fn method_names(&self) -> &[&'static str] {
        &[
            "strftime",
            "isoformat",
            "astimezone",
            "replace",
            "date",
            "timestamp",
            "weekday",
            "isoweekday",
            "isocalendar",
            "toordinal",
            "utcoffset",
            "tzname",
        ]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        self.method_names().contains(&name).then(|| self.method(name, args.clone()))
    }
    fn to_str(&self) -> String {
        self.isoformat(" ", "auto")
    }
    fn repr(&self) -> String {
        let time = self.time;
        let micros = time.subsec_nanosecond() / 1000;
        let mut text = format!(
            "datetime.datetime({}, {}, {}, {}, {}",
            time.year(),
            time.month(),
            time.day(),
            time.hour(),
            time.minute()
        );
        if time.second() != 0 || micros != 0 {
            text += &format!(", {}", time.second());
        }
        if micros != 0 {
            text += &format!(", {micros}");
        }
        if let Some(known) = &self.zone {
            text += &format!(", tzinfo={}", zone(known.clone()).repr());
        }
        text + ")"
    }
    fn to_plain(&self) -> Option<Value> {
        Some(Value::from(self.isoformat("T", "auto")))
    }
    fn hash_key(&self) -> Option<Value> {
        match &self.zone {
            Some(_) => Some(Value::from(self.zoned().ok()?.timestamp().as_microsecond())),
            None => Some(Value::from(self.time.to_string())),
        }
    }
    fn equals(&self, other: &Value) -> Option<bool> {
        Some(other.downcast::<Self>().is_some_and(|other| self.order(other) == Some(Ordering::Equal)))
    }
    fn compare(&self, other: &Value) -> Option<Ordering> {
        self.order(other.downcast::<Self>()?)
    }
    fn format(&self, specification: &str) -> Option<String> {
        Some(strftime(self.time, self.zone_info().as_ref(), specification))
    }
    fn operate(&self, operator: Operator, other: &Value, reflected: bool) -> Option<Result<Value>> {
        if let (Operator::Subtract, Some(other), false) = (operator, other.downcast::<Self>(), reflected) {
            let micros = match (&self.zone, &other.zone) {
                (None, None) => self.time.duration_since(other.time).as_micros(),
                (Some(_), Some(_)) => match (self.zoned(), other.zoned()) {
                    (Ok(a), Ok(b)) => a.timestamp().duration_since(b.timestamp()).as_micros(),
                    (Err(error), _) | (_, Err(error)) => return Some(Err(error)),
                },
                _ => {
                    return Some(Err(Error::type_error(
                        "can't subtract offset-naive and offset-aware datetimes",
                    )));
                }
            };
            return Some(new_delta(micros));
        }
        let delta = other.downcast::<PyDelta>()?;
        let change = match operator {
            Operator::Add => duration(delta.0),
            Operator::Subtract if !reflected => duration(-delta.0),
            _ => return None,
        };
        let moved = self.time.checked_add(change).map_err(out_of_range);
        Some(moved.map(|time| Value::object(Self { time, zone: self.zone.clone() })))
    }
}

/// Microseconds.
pub(super) struct PyDelta(i128);

impl PyDelta {
    fn parts(&self) -> (i128, i128, i128) {
        let rest = self.0.rem_euclid(DAY);
        (self.0.div_euclid(DAY), rest / 1_000_000, rest % 1_000_000)
    }
}

impl Object for PyDelta {
    fn type_name(&self) -> &str {
        "datetime.timedelta"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        let (days, seconds, microseconds) = self.parts();
        Some(Value::Int(match name {
            "days" => days,
            "seconds" => seconds,
            "microseconds" => microseconds,
            _ => return None,
        }))
    }
    fn method_names(&self) -> &[&'static str] {
        &["total_seconds"]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        (name == "total_seconds")
            .then(|| args.clone().bind(name, &[]).map(|_| Value::Float(self.0 as f64 / 1e6)))
    }
    fn is_true(&self) -> bool {
        self.0 != 0
    }
    fn to_str(&self) -> String {
        let (days, seconds, micros) = self.parts();
        let mut text = String::new();
        if days != 0 {
            text = format!("{days} day{}, ", if days.abs() == 1 { "" } else { "s" });
        }
        text += &format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        if micros != 0 {
            text += &format!(".{micros:06}");
        }
        text
    }
    fn repr(&self) -> String {
        let (days, seconds, micros) = self.parts();
        let parts: Vec<String> = [("days", days), ("seconds", seconds), ("microseconds", micros)]
            .into_iter()
            .filter(|(_, value)| *value != 0)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("datetime.timedelta({})", if parts.is_empty() { "0".to_owned() } else { parts.join(", ") })
    }
    fn hash_key(&self) -> Option<Value> {
        Some(Value::Int(self.0))
    }
    fn equals(&self, other: &Value) -> Option<bool> {
        Some(other.downcast::<Self>().is_some_and(|other| other.0 == self.0))
    }
    fn compare(&self, other: &Value) -> Option<Ordering> {
        Some(self.0.cmp(&other.downcast::<Self>()?.0))
    }
    fn operate(&self, operator: Operator, other: &Value, reflected: bool) -> Option<Result<Value>> {
        if let Some(other) = other.downcast::<Self>() {
            return match operator {
                Operator::Add => Some(new_delta(self.0 + other.0)),
                Operator::Subtract => {
                    Some(new_delta(if reflected { other.0 - self.0 } else { self.0 - other.0 }))
                }
                Operator::Divide | Operator::FloorDivide | Operator::Modulo => {
                    let value =
                        super::super::arithmetic::binary(operator, &Value::Int(self.0), &Value::Int(other.0));
                    match (operator, value) {
                        (Operator::Modulo, Ok(Value::Int(rest))) => Some(new_delta(rest)),
                        (_, value) => Some(value),
                    }
                }
                _ => None,
            };
        }
        match operator {
            Operator::Multiply | Operator::FloorDivide | Operator::Divide => {}
            _ => return None,
        }
        if reflected && operator != Operator::Multiply {
            return None;
        }
        let number = other.as_float()?;
        let micros = match (operator, other.as_int()) {
            (Operator::Multiply, Some(int)) => self.0.checked_mul(int)?,
            (Operator::Multiply, None) => (self.0 as f64 * number).round_ties_even() as i128,
            _ if number == 0.0 => {
                return Some(Err(Error::new(super::super::error::Kind::ZeroDivision, "division by zero")));
            }
            (Operator::FloorDivide, Some(int)) => (self.0 as f64 / int as f64).floor() as i128,
            _ => (self.0 as f64 / number).round_ties_even() as i128,
        };
        Some(new_delta(micros))
    }
}
