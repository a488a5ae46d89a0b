//! `timezone`, and the zones of `pytz`.

use super::types::{PyDateTime, PyZone, aware};
use crate::error::{Error, Result};
use crate::python::calendar::offset_text;
use crate::value::{Args, Object, State, Value};
use jiff::tz::TimeZone;
use std::any::Any;

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
