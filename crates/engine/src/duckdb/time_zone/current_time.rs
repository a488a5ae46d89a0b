//! `current_date` and its family: what now is in the session's zone.
//!
//! DuckDB works these out once for a query. They read the clock then, not at the start of the transaction
//! (no interface tells our functions when that was), so a transaction that spans midnight sees the new day.

use super::scalar_function::{Call, Type, add};
use super::time_tz;
use super::vectors::Physical;
use super::zone::{DAY, SECOND};
use ingot_core::error::Result;
use libduckdb_sys as ffi;

pub(crate) fn register(connection: ffi::duckdb_connection) -> Result<()> {
    for name in ["current_date", "today"] {
        add(
            connection,
            name,
            &[],
            Type::Date,
            Box::new(|call| fill(call, |local, _| local.div_euclid(DAY) as i32)),
        )?;
    }
    add(
        connection,
        "current_localtimestamp",
        &[],
        Type::Timestamp,
        Box::new(|call| fill(call, |local, _| local)),
    )?;
    add(
        connection,
        "current_localtime",
        &[],
        Type::Time,
        Box::new(|call| fill(call, |local, _| local.rem_euclid(DAY))),
    )?;
    add(
        connection,
        "get_current_time",
        &[],
        Type::TimeTz,
        Box::new(|call| {
            fill(call, |local, offset| time_tz::pack(local.rem_euclid(DAY), (offset / SECOND) as i32))
        }),
    )
}

/// Microseconds since 1970-01-01 UTC.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

fn fill<R: Physical>(call: &mut Call<'_>, value: impl Fn(i64, i64) -> R) -> Result<(), String> {
    let now = now();
    let offset = call.zone()?.lookup().offset_at(now);
    call.output::<R>().fill(value(now + offset, offset));
    Ok(())
}
