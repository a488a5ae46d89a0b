//! Parts of a TIMESTAMPTZ: `date_part`, `extract`, `year`, `dayname`, `last_day` and the rest.

use super::calendar::{Fields, is_finite, iso_week, iso_weekday};
use super::date_part_names::DatePart;
use super::scalar_function::{Type, add};
use super::vectors::Text;
use super::zone::{DAY, HOUR, Lookup, MINUTE, SECOND};
use super::zoned_arithmetic;
use ingot_core::civil::{MONTHS, WEEKDAYS};
use ingot_core::error::Result;
use libduckdb_sys as ffi;

/// 1970-01-01 as a Julian day.
const JULIAN_EPOCH: i64 = 2_440_588;

/// From 1 to 12.
pub(crate) fn month_name(month: i64) -> &'static str {
    MONTHS[(month - 1).clamp(0, 11) as usize]
}

/// From 1, Monday, to 7.
pub(crate) fn weekday_name(weekday: i64) -> &'static str {
    WEEKDAYS[(weekday - 1).clamp(0, 6) as usize]
}

pub(crate) fn register(connection: ffi::duckdb_connection) -> Result<()> {
    const WHOLE: [(&str, DatePart); 24] = [
        ("era", DatePart::Era),
        ("year", DatePart::Year),
        ("month", DatePart::Month),
        ("day", DatePart::Day),
        ("dayofmonth", DatePart::Day),
        ("decade", DatePart::Decade),
        ("century", DatePart::Century),
        ("millennium", DatePart::Millennium),
        ("microsecond", DatePart::Microseconds),
        ("millisecond", DatePart::Milliseconds),
        ("second", DatePart::Second),
        ("minute", DatePart::Minute),
        ("hour", DatePart::Hour),
        ("dayofweek", DatePart::DayOfWeek),
        ("weekday", DatePart::DayOfWeek),
        ("isodow", DatePart::IsoDayOfWeek),
        ("week", DatePart::Week),
        ("weekofyear", DatePart::Week),
        ("dayofyear", DatePart::DayOfYear),
        ("quarter", DatePart::Quarter),
        ("isoyear", DatePart::IsoYear),
        ("yearweek", DatePart::YearWeek),
        ("timezone_hour", DatePart::TimeZoneHour),
        ("timezone_minute", DatePart::TimeZoneMinute),
    ];
    for (name, part) in WHOLE.into_iter().chain([("timezone", DatePart::TimeZone)]) {
        add(
            connection,
            name,
            &[Type::TimestampTz],
            Type::Bigint,
            Box::new(move |call| {
                let zone = call.zone()?;
                let mut lookup = zone.lookup();
                call.unary(|instant: i64| Ok(is_finite(instant).then(|| whole(&mut lookup, part, instant))))
            }),
        )?;
    }
    for (name, part) in [("epoch", DatePart::Epoch), ("julian", DatePart::Julian)] {
        add(
            connection,
            name,
            &[Type::TimestampTz],
            Type::Double,
            Box::new(move |call| {
                let zone = call.zone()?;
                let mut lookup = zone.lookup();
                call.unary(|instant: i64| Ok(is_finite(instant).then(|| number(&mut lookup, part, instant))))
            }),
        )?;
    }
    for name in ["date_part", "datepart"] {
        add(
            connection,
            name,
            &[Type::Varchar, Type::TimestampTz],
            Type::Double,
            Box::new(|call| {
                let zone = call.zone()?;
                let mut lookup = zone.lookup();
                call.binary(|name: &Text, instant: &i64| {
                    let part = DatePart::named(name.bytes())?;
                    Ok(is_finite(*instant).then(|| number(&mut lookup, part, *instant)))
                })
            }),
        )?;
    }
    add(
        connection,
        "last_day",
        &[Type::TimestampTz],
        Type::Date,
        Box::new(|call| {
            let zone = call.zone()?;
            let mut lookup = zone.lookup();
            call.unary(|instant: i64| {
                Ok(is_finite(instant).then(|| zoned_arithmetic::last_day(&mut lookup, instant) as i32))
            })
        }),
    )?;
    for (name, word) in [
        ("monthname", (|fields: &Fields| month_name(fields.month)) as fn(&Fields) -> &'static str),
        ("dayname", |fields: &Fields| weekday_name(iso_weekday(fields.day))),
    ] {
        add(
            connection,
            name,
            &[Type::TimestampTz],
            Type::Varchar,
            Box::new(move |call| {
                let zone = call.zone()?;
                let mut lookup = zone.lookup();
                call.unary_text(|instant: i64, out| {
                    out.extend_from_slice(word(&Fields::of(lookup.local_at(instant))).as_bytes());
                    Ok(is_finite(instant))
                })
            }),
        )?;
    }
    Ok(())
}

/// A part as a number; the two that have fractions, exactly as ICU's caller computes them.
fn number(zone: &mut Lookup<'_>, part: DatePart, instant: i64) -> f64 {
    match part {
        DatePart::Epoch => {
            let milliseconds = instant.div_euclid(1000) as f64;
            milliseconds / 1000.0 + instant.rem_euclid(1000) as f64 / 1_000_000.0
        }
        DatePart::Julian => {
            let fields = Fields::of(zone.local_at(instant));
            (fields.day + JULIAN_EPOCH) as f64 + fields.time as f64 / DAY as f64
        }
        part => whole(zone, part, instant) as f64,
    }
}

fn whole(zone: &mut Lookup<'_>, part: DatePart, instant: i64) -> i64 {
    let offset = zone.offset_at(instant);
    let local = instant.saturating_add(offset);
    // The commonest parts need no date.
    match part {
        DatePart::Hour => return local.rem_euclid(DAY) / HOUR,
        DatePart::Minute => return local.rem_euclid(HOUR) / MINUTE,
        DatePart::Second => return local.rem_euclid(MINUTE) / SECOND,
        DatePart::Milliseconds => return local.rem_euclid(MINUTE) / 1000,
        DatePart::Microseconds => return local.rem_euclid(MINUTE),
        DatePart::TimeZone => return offset / SECOND,
        DatePart::TimeZoneHour => return offset / HOUR,
        DatePart::TimeZoneMinute => return offset % HOUR / MINUTE,
        _ => {}
    }
    let fields = Fields::of(local);
    let signed = |value: i64| if fields.era() == 1 { value } else { -value };
    match part {
        DatePart::Era => fields.era(),
        DatePart::Year => fields.year_of_era(),
        DatePart::Decade => fields.year_of_era() / 10,
        DatePart::Century => signed((fields.year_of_era() - 1) / 100 + 1),
        DatePart::Millennium => signed((fields.year_of_era() - 1) / 1000 + 1),
        DatePart::Quarter => (fields.month - 1) / 3 + 1,
        DatePart::Month => fields.month,
        DatePart::Week => iso_week(fields.day).1,
        DatePart::IsoYear => iso_week(fields.day).0,
        DatePart::YearWeek => {
            let (year, week) = iso_week(fields.day);
            year * 100 + if year > 0 { week } else { -week }
        }
        DatePart::DayOfWeek => iso_weekday(fields.day) % 7,
        DatePart::IsoDayOfWeek => iso_weekday(fields.day),
        DatePart::DayOfYear => fields.day_of_year(),
        _ => fields.day_of_month,
    }
}
