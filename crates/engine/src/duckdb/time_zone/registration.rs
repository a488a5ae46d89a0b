//! Everything here, added to a database.

use super::shared_zone::SharedZone;
use super::{at_zone, casts, current_time, date_parts, make_timestamptz, operators, strftime, time_bucket};
use crate::duckdb::c_text::text_for_c;
use crate::duckdb::logical_type::LogicalType;
use ingot_core::error::{Error, Result};
use libduckdb_sys as ffi;

/// Adds the setting `TimeZone`, the functions and the casts to the database of this connection. Once a database.
pub(crate) fn register(connection: ffi::duckdb_connection, zone: &SharedZone) -> Result<()> {
    add_setting(connection, zone.get().name())?;
    at_zone::register(connection)?;
    current_time::register(connection)?;
    date_parts::register(connection)?;
    operators::register(connection)?;
    time_bucket::register(connection)?;
    make_timestamptz::register(connection)?;
    strftime::register(connection)?;
    casts::register(connection, zone)
}

/// Makes `SET TimeZone = …` known, with this zone to begin with.
fn add_setting(connection: ffi::duckdb_connection, default: &str) -> Result<()> {
    let default = text_for_c(default)?;
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
