//! `date`.

use super::types::{
    DAY, PyDate, PyDateTime, PyDelta, date, date_part, int_of, new_date, new_delta, out_of_range,
};
use crate::error::Result;
use crate::python::calendar::strftime;
use crate::value::{Args, Object, Operator, State, Value};
use jiff::SignedDuration;
use jiff::civil::Time;
use std::any::Any;
use std::cmp::Ordering;

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
        &[
            "strftime",
            "isoformat",
            "weekday",
            "isoweekday",
            "isocalendar",
            "replace",
            "toordinal",
            "timetuple",
            "ctime",
        ]
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
            let midnight = PyDateTime { time: self.0.to_datetime(Time::midnight()), zone: None };
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
        Some(strftime(self.0.to_datetime(Time::midnight()), None, specification))
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
