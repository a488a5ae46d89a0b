//! `pytz`: time zones by their IANA names.

use super::datetime::zone;
use super::module::Module;
use crate::error::{Error, Kind};
use crate::value::Value;
use jiff::tz::TimeZone;

pub(super) fn module() -> Value {
    let timezone = Value::function("timezone", |_, args| {
        let name = args.bind("timezone", &["zone"])?.text("zone")?;
        if name.eq_ignore_ascii_case("utc") {
            return Ok(zone(TimeZone::UTC));
        }
        TimeZone::get(&name).map(zone).map_err(|_| {
            Error::new(Kind::Key, format!("unknown time zone '{name}'"))
                .hint("use an IANA name such as 'Australia/Sydney'")
        })
    });
    Module::of(
        "pytz",
        vec![("timezone", timezone), ("utc", zone(TimeZone::UTC)), ("UTC", zone(TimeZone::UTC))],
    )
}
