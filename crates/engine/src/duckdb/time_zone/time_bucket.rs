//! `time_bucket` over TIMESTAMPTZ, with an offset, an origin or a zone.

use super::calendar::is_finite;
use super::date_part_names::DatePart;
use super::scalar_function::{Type, add};
use super::vectors::{Interval, Text};
use super::zone::{DAY, Lookup, Zone};
use super::zoned_arithmetic;
use ingot_core::error::Result;
use libduckdb_sys as ffi;

/// 2000-01-03, a Monday, from which days and shorter widths are counted.
const MONDAY: i64 = 10_959 * DAY;
/// 2000-01-01, from which months are counted.
const JANUARY: i64 = 10_957 * DAY;

enum Width {
    Micros(i64),
    Days(i32),
    Months(i32),
}

impl Width {
    fn of(interval: &Interval) -> Result<Self, String> {
        let positive = |ok: bool, width: Width| {
            if ok { Ok(width) } else { Err("Period must be greater than 0".to_string()) }
        };
        match (interval.months, interval.days, interval.micros) {
            (0, 0, micros) => positive(micros > 0, Self::Micros(micros)),
            (0, days, 0) => positive(days > 0, Self::Days(days)),
            (months, 0, 0) => positive(months > 0, Self::Months(months)),
            (0, _, _) => Err("Day intervals cannot have time component".to_string()),
            _ => Err("Month intervals cannot have day or time component".to_string()),
        }
    }

    fn default_origin(&self) -> i64 {
        if matches!(self, Self::Months(_)) { JANUARY } else { MONDAY }
    }
}

pub(crate) fn register(connection: ffi::duckdb_connection) -> Result<()> {
    use Type::TimestampTz;
    let name = "time_bucket";
    let interval = Type::Interval;
    add(
        connection,
        name,
        &[interval, TimestampTz],
        TimestampTz,
        Box::new(|call| {
            let utc = Zone::utc();
            let mut zone = utc.lookup();
            call.binary(|width: &Interval, time: &i64| {
                let width = Width::of(width)?;
                bucket(&mut zone, &width, *time, width.default_origin()).map(Some)
            })
        }),
    )?;
    add(
        connection,
        name,
        &[interval, TimestampTz, interval],
        TimestampTz,
        Box::new(|call| {
            let utc = Zone::utc();
            let mut zone = utc.lookup();
            call.ternary(|width: &Interval, time: &i64, offset: &Interval| {
                let width = Width::of(width)?;
                if !is_finite(*time) {
                    return Ok(Some(*time));
                }
                let moved = zoned_arithmetic::subtract(&mut zone, *time, offset)?;
                let start = bucket(&mut zone, &width, moved, width.default_origin())?;
                zoned_arithmetic::add(&mut zone, start, offset).map(Some)
            })
        }),
    )?;
    add(
        connection,
        name,
        &[interval, TimestampTz, TimestampTz],
        TimestampTz,
        Box::new(|call| {
            let utc = Zone::utc();
            let mut zone = utc.lookup();
            call.ternary(|width: &Interval, time: &i64, origin: &i64| {
                if !is_finite(*origin) {
                    return Ok(None);
                }
                bucket(&mut zone, &Width::of(width)?, *time, *origin).map(Some)
            })
        }),
    )?;
    add(
        connection,
        name,
        &[interval, TimestampTz, Type::Varchar],
        TimestampTz,
        Box::new(|call| {
            let (widths, times) = (call.input::<Interval>(0), call.input::<i64>(1));
            let names = call.input::<Text>(2);
            let output = call.output::<i64>();
            for row in 0..call.rows {
                match (widths.get(row), times.get(row), names.get(row)) {
                    (Some(width), Some(time), Some(name)) => {
                        let mut zone = call.state.zone_named(name)?.lookup();
                        let width = Width::of(width)?;
                        let origin = zone.instant_of(width.default_origin());
                        output[row] = bucket(&mut zone, &width, *time, origin)?;
                    }
                    _ => call.set_null(row),
                }
            }
            Ok(())
        }),
    )
}

fn bucket(zone: &mut Lookup<'_>, width: &Width, time: i64, origin: i64) -> Result<i64, String> {
    if !is_finite(time) {
        return Ok(time);
    }
    let overflow = || "Timestamp out of range".to_string();
    let narrow = |value: i64| i32::try_from(value).map_err(|_| overflow());
    match width {
        Width::Micros(width) => {
            let distance = time.checked_sub(origin).ok_or_else(overflow)?;
            let micros = distance.div_euclid(*width).checked_mul(*width).ok_or_else(overflow)?;
            zoned_arithmetic::add(zone, origin, &Interval { micros, ..Interval::default() })
        }
        Width::Days(width) => {
            let days = zoned_arithmetic::count(zone, DatePart::Day, origin, time)?;
            let days = narrow(days / i64::from(*width) * i64::from(*width))?;
            let start = zoned_arithmetic::add(zone, origin, &Interval { days, ..Interval::default() })?;
            if time < start {
                return zoned_arithmetic::add(zone, start, &Interval { days: -width, ..Interval::default() });
            }
            Ok(start)
        }
        Width::Months(width) => {
            let month = zoned_arithmetic::truncate(zone, DatePart::Month, time)?;
            let origin = zoned_arithmetic::truncate(zone, DatePart::Month, origin)?;
            let months = zoned_arithmetic::count(zone, DatePart::Month, origin, month)?;
            let width = i64::from(*width);
            let months = narrow(months.div_euclid(width) * width)?;
            zoned_arithmetic::add(zone, origin, &Interval { months, ..Interval::default() })
        }
    }
}
