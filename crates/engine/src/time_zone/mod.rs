//! Time zones without DuckDB's icu extension: the functions and casts on TIMESTAMPTZ that it would bring.
//!
//! DuckDB can be given overloads of built-in functions, casts and settings. These are ours, made to
//! give icu's results (`tests/oracle/time_zone.py` compares), with the IANA database compiled in.
//! What is missing and what differs: `docs/reference/duckdb-without-icu.md`.

// A row's number finds its place in inputs, outputs and their masks of NULLs alike.
#![allow(clippy::needless_range_loop)]

use crate::duckdb::connection::LogicalType;
use ingot_core::error::{Error, Result};
use libduckdb_sys as ffi;

mod arithmetic;
mod at_zone;
mod bucket;
mod calendar;
mod casts;
mod current;
mod format;
mod function;
mod make;
mod part;
mod parts;
mod steps;
mod text;
mod time_tz;
mod zone;

pub(crate) use casts::SharedZone;
pub(crate) use zone::Zone;

/// Adds the setting `TimeZone`, the functions and the casts to the database of this connection. Once a database.
pub(crate) fn register(connection: ffi::duckdb_connection, zone: &SharedZone) -> Result<()> {
    add_setting(connection, zone.get().name())?;
    at_zone::register(connection)?;
    current::register(connection)?;
    parts::register(connection)?;
    arithmetic::register(connection)?;
    bucket::register(connection)?;
    make::register(connection)?;
    format::register(connection)?;
    casts::register(connection, zone)
}

/// Makes `SET TimeZone = …` known, with this zone to begin with.
fn add_setting(connection: ffi::duckdb_connection, default: &str) -> Result<()> {
    let default = super::duckdb::connection::text_for_c(default)?;
    let kind = LogicalType::simple(ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARCHAR);
    // SAFETY: every object is alive while it is used and destroyed here; DuckDB copies texts and values.
    let state = unsafe {
        let mut option = ffi::duckdb_create_config_option();
        let mut value = ffi::duckdb_create_varchar(default.as_ptr());
        ffi::duckdb_config_option_set_name(option, c"TimeZone".as_ptr());
        ffi::duckdb_config_option_set_type(option, kind.0);
        ffi::duckdb_config_option_set_default_value(option, value);
        ffi::duckdb_config_option_set_description(option, c"The current time zone".as_ptr());
        let state = ffi::duckdb_register_config_option(connection, option);
        ffi::duckdb_destroy_value(&mut value);
        ffi::duckdb_destroy_config_option(&mut option);
        state
    };
    if state == ffi::DuckDBSuccess {
        Ok(())
    } else {
        Err(Error::new("DuckDB did not take the setting TimeZone"))
    }
}
