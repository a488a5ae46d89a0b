//! Time zones without DuckDB's icu extension: the functions and casts on TIMESTAMPTZ that it would bring.
//!
//! DuckDB can be given overloads of built-in functions, casts and settings. These give icu's results
//! (`tests/oracle/time_zone.py` compares), with the IANA time zone database compiled in.
//! What is missing and what differs: `docs/reference/duckdb-without-icu.md`.

// A row's number is its place in inputs, outputs and their masks of NULLs alike.
#![allow(clippy::needless_range_loop)]

mod at_zone;
mod calendar;
mod casts;
mod current_time;
mod date_part_names;
mod date_parts;
mod make_timestamptz;
mod operators;
mod registration;
mod scalar_function;
mod shared_zone;
mod strftime;
mod time_bucket;
mod time_tz;
mod timestamp_text;
mod vectors;
mod zone;
mod zoned_arithmetic;

pub(crate) use registration::register;
pub(crate) use shared_zone::SharedZone;
pub(crate) use zone::Zone;
