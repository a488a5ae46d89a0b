//! `time`, a time of day, and `struct_time`, which `timetuple()` gives.

use super::types::{PyDateTime, PyTime, as_tzinfo, assemble, int_of, zone, zone_of};
use crate::error::Result;
use crate::python::calendar::strftime;
use crate::value::{Args, Object, State, Value};
use jiff::civil::Date;
use std::any::Any;
use std::cmp::Ordering;

/// The day that stands for none.
const NO_DAY: Date = Date::constant(1900, 1, 1);
const PARTS: [&str; 5] = ["hour?", "minute?", "second?", "microsecond?", "tzinfo?"];

/// `time(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)`.
pub(super) fn new_time(args: Args) -> Result<Value> {
    from_parts("time", args, [0; 4], None)
}

fn from_parts(
    function: &str,
    args: Args,
    known: [i128; 4],
    known_zone: Option<jiff::tz::TimeZone>,
) -> Result<Value> {
    let mut bound = args.bind(function, &PARTS)?;
    let mut parts = known;
    for (part, name) in parts.iter_mut().zip(PARTS) {
        if let Some(value) = bound.take(name.trim_end_matches('?')) {
            *part = int_of(&value)?;
        }
    }
    let zone = match bound.take("tzinfo") {
        Some(value) => zone_of(&value)?.map(as_tzinfo),
        None => known_zone,
    };
    let [hour, minute, second, microsecond] = parts;
    let time = assemble([1900, 1, 1, hour, minute, second, microsecond])?.time();
    Ok(Value::object(PyTime { time, zone }))
}

impl PyTime {
    fn on_no_day(&self) -> PyDateTime {
        PyDateTime { time: NO_DAY.to_datetime(self.time), zone: self.zone.clone() }
    }
    fn micros(&self) -> i32 {
        self.time.subsec_nanosecond() / 1000
    }
    fn isoformat(&self, timespec: &str) -> String {
        let whole = self.on_no_day().isoformat("T", timespec);
        whole.split_once('T').map_or(whole.clone(), |(_, time)| time.to_owned())
    }
}

impl Object for PyTime {
    fn type_name(&self) -> &str {
        "datetime.time"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        Some(Value::from(match name {
            "hour" => i64::from(self.time.hour()),
            "minute" => i64::from(self.time.minute()),
            "second" => i64::from(self.time.second()),
            "microsecond" => i64::from(self.micros()),
            "tzinfo" => return Some(self.zone.clone().map_or(Value::None, zone)),
            _ => return None,
        }))
    }
    fn method_names(&self) -> &[&'static str] {
        &["strftime", "isoformat", "replace", "utcoffset", "tzname"]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        Some(match name {
            "isoformat" => args.clone().bind(name, &["timespec?"]).and_then(|mut bound| {
                let timespec = bound.optional_text("timespec")?;
                Ok(self.isoformat(timespec.as_deref().unwrap_or("auto")).into())
            }),
            "replace" => {
                let time = self.time;
                let parts = [time.hour(), time.minute(), time.second()].map(i128::from);
                let known = [parts[0], parts[1], parts[2], self.micros().into()];
                from_parts(name, args.clone(), known, self.zone.clone())
            }
            name if self.method_names().contains(&name) => self.on_no_day().method(name, args.clone()),
            _ => return None,
        })
    }
    fn to_str(&self) -> String {
        self.isoformat("auto")
    }
    fn repr(&self) -> String {
        let mut text = format!("datetime.time({}, {}", self.time.hour(), self.time.minute());
        if self.time.second() != 0 || self.micros() != 0 {
            text += &format!(", {}", self.time.second());
        }
        if self.micros() != 0 {
            text += &format!(", {}", self.micros());
        }
        if let Some(known) = &self.zone {
            text += &format!(", tzinfo={}", zone(known.clone()).repr());
        }
        text + ")"
    }
    fn to_plain(&self) -> Option<Value> {
        Some(self.isoformat("auto").into())
    }
    fn hash_key(&self) -> Option<Value> {
        Some(self.isoformat("auto").into())
    }
    fn equals(&self, other: &Value) -> Option<bool> {
        Some(other.downcast::<Self>().is_some_and(|other| other.time == self.time && other.zone == self.zone))
    }
    fn compare(&self, other: &Value) -> Option<Ordering> {
        let other = other.downcast::<Self>()?;
        (self.zone == other.zone).then(|| self.time.cmp(&other.time))
    }
    fn format(&self, specification: &str) -> Option<String> {
        Some(strftime(NO_DAY.to_datetime(self.time), None, specification))
    }
}

/// What `timetuple()` gives: nine numbers with names.
pub(super) struct StructTime(pub(super) [i64; 9]);

const FIELDS: [&str; 9] =
    ["tm_year", "tm_mon", "tm_mday", "tm_hour", "tm_min", "tm_sec", "tm_wday", "tm_yday", "tm_isdst"];

impl StructTime {
    pub(super) fn of(moment: &PyDateTime) -> Self {
        let (date, time) = (moment.time.date(), moment.time.time());
        let is_dst = match (&moment.zone, moment.zoned()) {
            (Some(zone), Ok(zoned)) => i64::from(zone.to_offset_info(zoned.timestamp()).dst().is_dst()),
            _ => -1,
        };
        Self([
            date.year().into(),
            date.month().into(),
            date.day().into(),
            time.hour().into(),
            time.minute().into(),
            time.second().into(),
            date.weekday().to_monday_zero_offset().into(),
            date.day_of_year().into(),
            is_dst,
        ])
    }
}

impl Object for StructTime {
    fn type_name(&self) -> &str {
        "time.struct_time"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        FIELDS.iter().position(|field| *field == name).map(|at| self.0[at].into())
    }
    fn get_item(&self, key: &Value) -> Result<Option<Value>> {
        let place = key.as_int().map(|at| if at < 0 { at + 9 } else { at });
        Ok(place.and_then(|at| self.0.get(usize::try_from(at).ok()?)).map(|number| (*number).into()))
    }
    fn iterate(&self) -> Option<Vec<Value>> {
        Some(self.0.iter().map(|number| (*number).into()).collect())
    }
    fn repr(&self) -> String {
        let fields: Vec<String> =
            FIELDS.iter().zip(self.0).map(|(field, number)| format!("{field}={number}")).collect();
        format!("time.struct_time({})", fields.join(", "))
    }
}
