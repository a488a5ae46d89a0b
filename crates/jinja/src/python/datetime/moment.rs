//! `datetime`, naive and aware.

use super::time::StructTime;
use super::types::{
    PARTS, PyDateTime, PyDelta, PyTime, assemble, aware, clock_part, clock_repr, date, date_part, duration,
    new_delta, out_of_range, take_parts, take_zone, zone_of,
};
use crate::error::{Error, Result};
use crate::python::calendar::{Zone, offset_text, strftime};
use crate::value::{Args, Object, Operator, State, Value};
use jiff::Zoned;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use std::any::Any;
use std::cmp::Ordering;

impl PyDateTime {
    /// The moment; a naive one is taken as local time.
    pub(super) fn zoned(&self) -> Result<Zoned> {
        let zone = self.zone.clone().unwrap_or_else(TimeZone::system);
        self.time.to_zoned(zone).map_err(out_of_range)
    }
    /// Since 1970 in UTC; also for moments that lie within hours of the end of the calendar.
    fn microseconds(&self) -> Result<i64> {
        match (self.zoned(), &self.zone) {
            (Ok(zoned), _) => Ok(zoned.timestamp().as_microsecond()),
            (Err(error), None) => Err(error),
            (Err(_), Some(zone)) => {
                let end = if self.time.year() > 0 { jiff::Timestamp::MAX } else { jiff::Timestamp::MIN };
                let since = self.time.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
                let local = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
                Ok(local - i64::from(zone.to_offset(end).seconds()) * 1_000_000)
            }
        }
    }
    pub(super) fn zone_info(&self) -> Option<Zone> {
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
    pub(super) fn isoformat(&self, separator: &str, timespec: &str) -> String {
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

    pub(super) fn method(&self, name: &str, args: Args) -> Result<Value> {
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
            "time" => Value::object(PyTime { time: self.time.time(), zone: None }),
            "timetz" => Value::object(PyTime { time: self.time.time(), zone: self.zone.clone() }),
            "timetuple" => Value::object(StructTime::of(self)),
            "utctimetuple" => {
                let in_utc = match &self.zone {
                    Some(_) => self.zoned()?.with_time_zone(TimeZone::UTC).datetime(),
                    None => self.time,
                };
                let mut parts = StructTime::of(&Self { time: in_utc, zone: None });
                parts.0[8] = 0;
                Value::object(parts)
            }
            "ctime" => strftime(self.time, None, "%a %b %e %H:%M:%S %Y").into(),
            "timestamp" => Value::Float(self.microseconds()? as f64 / 1e6),
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
        take_parts(&mut bound, &PARTS, &mut parts)?;
        let zone = take_zone(&mut bound, self.zone.as_ref())?;
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
        clock_part(self.time.time(), self.zone.as_ref(), name).or_else(|| date_part(self.time.date(), name))
    }
    fn method_names(&self) -> &[&'static str] {
        &[
            "strftime",
            "isoformat",
            "astimezone",
            "replace",
            "date",
            "time",
            "timetz",
            "timetuple",
            "utctimetuple",
            "ctime",
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
        let date = self.time.date();
        let clock = clock_repr(self.time.time(), self.zone.as_ref());
        format!("datetime.datetime({}, {}, {}, {clock}", date.year(), date.month(), date.day())
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

fn isocalendar(date: Date) -> Value {
    let week = date.iso_week_date();
    let weekday = week.weekday().to_monday_one_offset();
    Value::tuple([
        Value::from(i64::from(week.year())),
        Value::from(i64::from(week.week())),
        Value::from(i64::from(weekday)),
    ])
}
