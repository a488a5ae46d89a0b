//! `time`, a time of day, and `struct_time`, which `timetuple()` gives.

use super::types::{PARTS, PyDateTime, PyTime, assemble, clock_part, clock_repr, take_parts, take_zone};
use crate::error::Result;
use crate::python::calendar::strftime;
use crate::value::{Args, Object, State, Value};
use jiff::civil::{Date, Time};
use std::any::Any;
use std::cmp::Ordering;

/// The day that stands for none.
const NO_DAY: Date = Date::constant(1900, 1, 1);
/// Of the parameters of `datetime()`, those of a time of day.
const OF_A_DAY: &[&str] = PARTS.split_at(3).1;

/// `time(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)`.
pub(super) fn new_time(args: Args) -> Result<Value> {
    PyTime { time: Time::midnight(), zone: None }.with_parts("time", args)
}

impl PyTime {
    /// A time with the arguments that are given, and otherwise as this one.
    fn with_parts(&self, function: &str, args: Args) -> Result<Value> {
        let mut bound = args.bind(function, OF_A_DAY)?;
        let time = self.time;
        let mut parts = [
            time.hour().into(),
            time.minute().into(),
            time.second().into(),
            (time.subsec_nanosecond() / 1000).into(),
        ];
        take_parts(&mut bound, OF_A_DAY, &mut parts)?;
        let zone = take_zone(&mut bound, self.zone.as_ref())?;
        let [hour, minute, second, microsecond] = parts;
        let time = assemble([1900, 1, 1, hour, minute, second, microsecond])?.time();
        Ok(Value::object(Self { time, zone }))
    }
    fn on_no_day(&self) -> PyDateTime {
        PyDateTime { time: NO_DAY.to_datetime(self.time), zone: self.zone.clone() }
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
        clock_part(self.time, self.zone.as_ref(), name)
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
            "replace" => self.with_parts(name, args.clone()),
            name if self.method_names().contains(&name) => self.on_no_day().method(name, args.clone()),
            _ => return None,
        })
    }
    fn to_str(&self) -> String {
        self.isoformat("auto")
    }
    fn repr(&self) -> String {
        format!("datetime.time({}", clock_repr(self.time, self.zone.as_ref()))
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
        Ok(key.as_place(self.0.len()).map(|at| self.0[at].into()))
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
