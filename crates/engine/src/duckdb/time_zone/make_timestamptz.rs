//! `make_timestamptz`: an instant from its parts.

use super::calendar::{day_of, in_range, is_finite};
use super::scalar_function::{Call, Type, add};
use super::vectors::Text;
use super::zone::{DAY, HOUR, Lookup, MINUTE, SECOND};
use ingot_core::error::Result;
use libduckdb_sys as ffi;

pub(crate) fn register(connection: ffi::duckdb_connection) -> Result<()> {
    use Type::{Bigint, Double, TimestampTz, Varchar};
    let name = "make_timestamptz";
    add(
        connection,
        name,
        &[Bigint],
        TimestampTz,
        Box::new(|call| {
            call.unary(|micros: i64| {
                if is_finite(micros) {
                    Ok(Some(micros))
                } else {
                    Err(format!("Timestamp microseconds out of range: {micros}"))
                }
            })
        }),
    )?;
    let parts = [Bigint, Bigint, Bigint, Bigint, Bigint, Double];
    add(connection, name, &parts, TimestampTz, Box::new(|call| make(call, false)))?;
    let with_zone = [Bigint, Bigint, Bigint, Bigint, Bigint, Double, Varchar];
    add(connection, name, &with_zone, TimestampTz, Box::new(|call| make(call, true)))
}

fn make(call: &mut Call<'_>, named: bool) -> Result<(), String> {
    let session = call.zone()?;
    let wholes = [0, 1, 2, 3, 4].map(|column| call.input::<i64>(column));
    let seconds = call.input::<f64>(5);
    let names = named.then(|| call.input::<Text>(6));
    let output = call.output::<i64>();
    for row in 0..call.rows {
        let name = names.as_ref().map(|names| names.get(row));
        let whole = [0, 1, 2, 3, 4].map(|column: usize| wholes[column].get(row).copied());
        let ([Some(year), Some(month), Some(day), Some(hour), Some(minute)], Some(second)) =
            (whole, seconds.get(row))
        else {
            call.set_null(row);
            continue;
        };
        let mut zone = match name {
            None => session.lookup(),
            Some(Some(name)) => call.state.zone_named(name)?.lookup(),
            Some(None) => {
                call.set_null(row);
                continue;
            }
        };
        output[row] = instant(&mut zone, [year, month, day, hour, minute], *second)?;
    }
    Ok(())
}

fn instant(zone: &mut Lookup<'_>, parts: [i64; 5], second: f64) -> Result<i64, String> {
    let narrow = |value: i64| {
        i32::try_from(value)
            .map(i64::from)
            .map_err(|_| format!("{value} is out of range for a part of a date"))
    };
    let [year, month, day, hour, minute] = parts;
    // There is no year 0 for people: -1 is 1 BC, which is year 0 here.
    let year = narrow(year + i64::from(year < 0))?;
    let (month, day, hour, minute) = (narrow(month)?, narrow(day)?, narrow(hour)?, narrow(minute)?);
    if !second.is_finite() || second.abs() > f64::from(i32::MAX) {
        return Err(format!("{second} is out of range for seconds"));
    }
    let micros = (second * SECOND as f64).round() as i64;
    let overflow = || "ICU date overflows timestamp range".to_string();
    let local = (day_of(year, month, 1) + day - 1)
        .checked_mul(DAY)
        .and_then(|local| local.checked_add(hour * HOUR))
        .and_then(|local| local.checked_add(minute * MINUTE))
        .and_then(|local| local.checked_add(micros))
        .ok_or_else(overflow)?;
    in_range(zone.instant_of(local))
}
