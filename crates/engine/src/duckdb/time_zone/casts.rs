//! Casts between TIMESTAMPTZ and DATE, TIMESTAMP, TIMETZ, VARCHAR, in the session's time zone.
//!
//! DuckDB tells a registered cast nothing about the session that runs it, so all sessions of a database
//! share one zone for casts: the one set last ([`SharedZone`]). Functions use their own session's zone.

use super::calendar::{INFINITY, MINUS_INFINITY, date_of, in_range, is_finite};
use super::scalar_function::Type;
use super::shared_zone::SharedZone;
use super::time_tz;
use super::timestamp_text::{self, Parsed};
use super::vectors::{Input, Physical, Text, output_slice, set_null, with_c_text, write_text};
use super::zone::{DAY, Lookup, SECOND, Zone};
use crate::duckdb::logical_type::LogicalType;
use ingot_core::error::{Error, Result};
use libduckdb_sys as ffi;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What it costs DuckDB to cast to TIMESTAMPTZ without being asked; below zero it never does.
const IMPLICIT: i64 = 123;
const EXPLICIT: i64 = -1;

pub(crate) fn register(connection: ffi::duckdb_connection, zone: &SharedZone) -> Result<()> {
    let of = |id| LogicalType::simple(id);
    let with_zone = || Type::TimestampTz.logical();
    let seconds = || of(ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_S);
    let milliseconds = || of(ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_MS);
    let nanoseconds = || of(ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_NS);
    let casts: Vec<(LogicalType, LogicalType, i64, Body)> = vec![
        (with_zone(), Type::Date.logical(), EXPLICIT, to_date),
        (with_zone(), Type::Timestamp.logical(), EXPLICIT, |c| to_local(c, Some)),
        (with_zone(), seconds(), EXPLICIT, |c| to_local(c, |local| Some(rounded(local, SECOND)))),
        (with_zone(), milliseconds(), EXPLICIT, |c| to_local(c, |local| Some(rounded(local, 1000)))),
        (with_zone(), nanoseconds(), EXPLICIT, |c| to_local(c, |local| scaled_up(local, 1000))),
        (with_zone(), Type::TimeTz.logical(), EXPLICIT, to_time),
        (with_zone(), Type::Varchar.logical(), EXPLICIT, to_text),
        (Type::Date.logical(), with_zone(), IMPLICIT, from_date),
        (Type::Timestamp.logical(), with_zone(), IMPLICIT, |c| from_local(c, Some)),
        (seconds(), with_zone(), IMPLICIT, |c| from_local(c, |value| scaled_up(value, SECOND))),
        (milliseconds(), with_zone(), IMPLICIT, |c| from_local(c, |value| scaled_up(value, 1000))),
        (nanoseconds(), with_zone(), EXPLICIT, |c| from_local(c, |value| Some(scaled_down(value, 1000)))),
        (Type::Varchar.logical(), with_zone(), EXPLICIT, from_text),
    ];
    for (source, target, cost, body) in casts {
        add(connection, &source, &target, cost, body, zone)?;
    }
    Ok(())
}

/// Rounded to the nearest, halves away from 1970, as DuckDB does it.
fn rounded(value: i64, by: i64) -> i64 {
    if !is_finite(value) {
        return value;
    }
    let halves = value / (by / 2);
    (if halves < 0 { halves - 1 } else { halves + 1 }) / 2
}

/// Towards the past; for what is finer than microseconds.
fn scaled_down(value: i64, by: i64) -> i64 {
    if is_finite(value) { value.div_euclid(by) } else { value }
}

fn scaled_up(value: i64, by: i64) -> Option<i64> {
    if is_finite(value) { value.checked_mul(by).filter(|scaled| is_finite(*scaled)) } else { Some(value) }
}

/// One call of a cast.
struct Cast {
    info: ffi::duckdb_function_info,
    source: ffi::duckdb_vector,
    target: ffi::duckdb_vector,
    rows: usize,
    zone: Arc<Zone>,
    /// `TRY_CAST`: what cannot be cast becomes NULL.
    trying: bool,
    failed: bool,
}

impl Cast {
    fn input<T: Physical>(&self) -> Input<'static, T> {
        // SAFETY: DuckDB flattens the input; each body reads it by the type that it was registered with.
        unsafe { Input::of(self.source, self.rows) }
    }

    fn output<T: Physical>(&self) -> &'static mut [T] {
        // SAFETY: the target is flat, of the registered type, with room for the rows of the source.
        unsafe { output_slice(self.target, self.rows) }
    }

    /// Records that a row cannot be cast. False where the whole cast ends with it.
    fn fail(&mut self, row: usize, message: &str) -> bool {
        self.failed = true;
        with_c_text(message, |text| {
            // SAFETY: `info` and the target live during the call; DuckDB copies the text.
            unsafe {
                if self.trying {
                    let row = row as ffi::idx_t;
                    ffi::duckdb_cast_function_set_row_error(self.info, text.as_ptr(), row, self.target);
                } else {
                    ffi::duckdb_cast_function_set_error(self.info, text.as_ptr());
                }
            }
        });
        self.trying
    }

    /// Casts value by value; `each` gives the result, NULL, or why there is none.
    fn convert<A: Physical, R: Physical>(
        &mut self,
        mut each: impl FnMut(&mut Lookup<'_>, &A) -> Result<Option<R>, String>,
    ) {
        let zone = Arc::clone(&self.zone);
        let mut lookup = zone.lookup();
        let (input, output) = (self.input::<A>(), self.output::<R>());
        for row in 0..self.rows {
            let Some(value) = input.get(row) else {
                set_null(self.target, row);
                continue;
            };
            match each(&mut lookup, value) {
                Ok(Some(value)) => output[row] = value,
                Ok(None) => set_null(self.target, row),
                Err(message) => {
                    if !self.fail(row, &message) {
                        return;
                    }
                }
            }
        }
    }
}

fn to_date(cast: &mut Cast) {
    cast.convert(|zone, instant: &i64| {
        Ok(Some(if is_finite(*instant) {
            zone.local_at(*instant).div_euclid(DAY) as i32
        } else if *instant > 0 {
            i32::MAX
        } else {
            -i32::MAX
        }))
    });
}

fn to_local(cast: &mut Cast, scale: fn(i64) -> Option<i64>) {
    cast.convert(|zone, instant: &i64| {
        let local = if is_finite(*instant) { zone.local_at(*instant) } else { *instant };
        scale(local).map(Some).ok_or_else(|| "Could not convert Timestamp to higher precision.".to_string())
    });
}

fn to_time(cast: &mut Cast) {
    cast.convert(|zone, instant: &i64| {
        Ok(is_finite(*instant).then(|| {
            let offset = zone.offset_at(*instant);
            time_tz::pack((*instant + offset).rem_euclid(DAY), (offset / SECOND) as i32)
        }))
    });
}

fn to_text(cast: &mut Cast) {
    let zone = Arc::clone(&cast.zone);
    let mut lookup = zone.lookup();
    let input = cast.input::<i64>();
    let mut out = Vec::with_capacity(40);
    for row in 0..cast.rows {
        match input.get(row) {
            Some(instant) => {
                out.clear();
                timestamp_text::write(&mut out, *instant, lookup.offset_at(*instant));
                write_text(cast.target, row, &out);
            }
            None => set_null(cast.target, row),
        }
    }
}

fn from_date(cast: &mut Cast) {
    cast.convert(|zone, day: &i32| match *day {
        i32::MAX => Ok(Some(INFINITY)),
        day if day == -i32::MAX => Ok(Some(MINUS_INFINITY)),
        day => match i64::from(day).checked_mul(DAY) {
            Some(local) => in_range(zone.instant_of(local)).map(Some),
            None => {
                let fields = date_of(i64::from(day));
                Err(format!("Could not convert the date of year {} to TIMESTAMPTZ: out of range", fields.0))
            }
        },
    });
}

fn from_local(cast: &mut Cast, scale: fn(i64) -> Option<i64>) {
    cast.convert(|zone, value: &i64| {
        let local = scale(*value).ok_or_else(|| "Could not convert Timestamp to TIMESTAMPTZ".to_string())?;
        if is_finite(local) { in_range(zone.instant_of(local)).map(Some) } else { Ok(Some(local)) }
    });
}

fn from_text(cast: &mut Cast) {
    let mut named: Option<(String, Arc<Zone>)> = None;
    cast.convert(|zone, text: &Text| {
        let bytes = text.bytes();
        let instant = match timestamp_text::parse(bytes).map_err(|problem| problem.message(bytes))? {
            Parsed::Instant(instant) => return Ok(Some(instant)),
            Parsed::Local(local, None) => zone.instant_of(local),
            Parsed::Local(local, Some(name)) => {
                if named.as_ref().is_none_or(|(known, _)| known != name) {
                    named = Some((name.to_string(), Zone::named(name)?));
                }
                // Set in the line above where it was not there.
                named.as_ref().map_or(local, |(_, zone)| zone.lookup().instant_of(local))
            }
        };
        in_range(instant).map(Some)
    });
}

type Body = fn(&mut Cast);

/// What DuckDB keeps for a registered cast.
struct Registered {
    body: Body,
    zone: SharedZone,
}

fn add(
    connection: ffi::duckdb_connection,
    source: &LogicalType,
    target: &LogicalType,
    cost: i64,
    body: Body,
    zone: &SharedZone,
) -> Result<()> {
    let registered = Box::into_raw(Box::new(Registered { body, zone: zone.clone() })).cast::<c_void>();
    // SAFETY: every object is alive while it is used; DuckDB copies the types and frees `registered`
    // through `drop_registered` when the database closes.
    let state = unsafe {
        let mut cast = ffi::duckdb_create_cast_function();
        ffi::duckdb_cast_function_set_source_type(cast, source.0);
        ffi::duckdb_cast_function_set_target_type(cast, target.0);
        ffi::duckdb_cast_function_set_implicit_cast_cost(cast, cost);
        ffi::duckdb_cast_function_set_extra_info(cast, registered, Some(drop_registered));
        ffi::duckdb_cast_function_set_function(cast, Some(run));
        let state = ffi::duckdb_register_cast_function(connection, cast);
        ffi::duckdb_destroy_cast_function(&mut cast);
        state
    };
    if state == ffi::DuckDBSuccess {
        Ok(())
    } else {
        Err(Error::new("DuckDB did not take a cast of time zones"))
    }
}

unsafe extern "C" fn drop_registered(registered: *mut c_void) {
    // SAFETY: made by `Box::into_raw` in `add`; DuckDB calls this once.
    drop(unsafe { Box::from_raw(registered.cast::<Registered>()) });
}

unsafe extern "C" fn run(
    info: ffi::duckdb_function_info,
    rows: ffi::idx_t,
    source: ffi::duckdb_vector,
    target: ffi::duckdb_vector,
) -> bool {
    // A panic must not cross into C++: it becomes an error of the query.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: set by `add`; lives as long as the database.
        let registered = unsafe { &*ffi::duckdb_cast_function_get_extra_info(info).cast::<Registered>() };
        // SAFETY: `info` lives during the call.
        let mode = unsafe { ffi::duckdb_cast_function_get_cast_mode(info) };
        let mut cast = Cast {
            info,
            source,
            target,
            rows: rows as usize,
            zone: registered.zone.get(),
            trying: mode == ffi::duckdb_cast_mode_DUCKDB_CAST_TRY,
            failed: false,
        };
        (registered.body)(&mut cast);
        !cast.failed
    }));
    outcome.unwrap_or_else(|_| {
        with_c_text("a time zone cast failed in an unforeseen way", |text| {
            // SAFETY: `info` lives during the call; DuckDB copies the text.
            unsafe { ffi::duckdb_cast_function_set_error(info, text.as_ptr()) }
        });
        false
    })
}
