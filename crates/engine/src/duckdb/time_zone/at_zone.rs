//! `AT TIME ZONE`, which DuckDB parses into `timezone(zone, time)`, in both directions.

use super::calendar::{in_range, is_finite};
use super::current_time;
use super::scalar_function::{Call, Type, add};
use super::time_tz;
use super::vectors::Text;
use super::zone::{DAY, Lookup, SECOND, Zone};
use ingot_core::error::Result;
use libduckdb_sys as ffi;
use std::sync::Arc;

pub(crate) fn register(connection: ffi::duckdb_connection) -> Result<()> {
    let name = "timezone";
    add(connection, name, &[Type::Varchar, Type::TimestampTz], Type::Timestamp, Box::new(to_local))?;
    add(connection, name, &[Type::Varchar, Type::Timestamp], Type::TimestampTz, Box::new(to_instant))?;
    add(connection, name, &[Type::Varchar, Type::TimeTz], Type::TimeTz, Box::new(time_to_zone))
}

/// The one zone of all rows, if the argument is a constant (DuckDB hands it over once per row).
fn constant_zone(call: &mut Call<'_>) -> Result<Option<Arc<Zone>>, String> {
    let Some(names) = call.input::<Text>(0).all_valid() else { return Ok(None) };
    match names.split_first() {
        // A constant's copies are equal to the last bit; equal names elsewhere only cost the fast path.
        Some((first, others)) if others.iter().all(|name| name == first) => {
            call.state.zone_named(first).map(|zone| Some(Arc::clone(zone)))
        }
        _ => Ok(None),
    }
}

fn to_local(call: &mut Call<'_>) -> Result<(), String> {
    convert(
        call,
        |lookup, instant| lookup.local_at(instant),
        "Unable to convert TIMESTAMPTZ to local TIMESTAMP",
    )
}

fn to_instant(call: &mut Call<'_>) -> Result<(), String> {
    convert(call, |lookup, local| lookup.instant_of(local), "ICU date overflows timestamp range")
}

fn convert(
    call: &mut Call<'_>,
    each: impl Fn(&mut Lookup<'_>, i64) -> i64,
    failure: &str,
) -> Result<(), String> {
    if let Some(zone) = constant_zone(call)? {
        let input = call.input::<i64>(1);
        let output = call.output::<i64>();
        if let Some(values) = input.all_valid() {
            if zone.is_utc() {
                output.copy_from_slice(values);
                return Ok(());
            }
            let mut lookup = zone.lookup();
            for (value, out) in values.iter().zip(output) {
                *out = shift(&mut lookup, *value, &each, failure)?;
            }
            return Ok(());
        }
        let mut lookup = zone.lookup();
        for row in 0..call.rows {
            match input.get(row) {
                Some(value) => output[row] = shift(&mut lookup, *value, &each, failure)?,
                None => call.set_null(row),
            }
        }
        return Ok(());
    }
    let (names, input) = (call.input::<Text>(0), call.input::<i64>(1));
    let output = call.output::<i64>();
    for row in 0..call.rows {
        match (names.get(row), input.get(row)) {
            (Some(_), Some(value)) if !is_finite(*value) => output[row] = *value,
            (Some(name), Some(value)) => {
                let zone = call.state.zone_named(name)?;
                output[row] = shift(&mut zone.lookup(), *value, &each, failure)?;
            }
            _ => call.set_null(row),
        }
    }
    Ok(())
}

#[inline]
fn shift(
    lookup: &mut Lookup<'_>,
    value: i64,
    each: &impl Fn(&mut Lookup<'_>, i64) -> i64,
    failure: &str,
) -> Result<i64, String> {
    /// No offset is larger than a day, so only times this near the ends can leave the range.
    const SAFE: i64 = i64::MAX - 4 * DAY;
    let shifted = each(lookup, value);
    if (-SAFE..SAFE).contains(&value) {
        return Ok(shifted);
    }
    if !is_finite(value) {
        return Ok(value);
    }
    in_range(shifted).map_err(|_| failure.to_string())
}

/// The same time of day as seen with the offset that the zone has now.
fn time_to_zone(call: &mut Call<'_>) -> Result<(), String> {
    let now = current_time::now();
    let (names, input) = (call.input::<Text>(0), call.input::<u64>(1));
    let output = call.output::<u64>();
    for row in 0..call.rows {
        match (names.get(row), input.get(row)) {
            (Some(name), Some(value)) => {
                let offset = call.state.zone_named(name)?.lookup().offset_at(now);
                let (time, old) = time_tz::parts(*value);
                let utc = time - i64::from(old) * SECOND;
                output[row] = time_tz::pack((utc + offset).rem_euclid(DAY), (offset / SECOND) as i32);
            }
            _ => call.set_null(row),
        }
    }
    Ok(())
}
