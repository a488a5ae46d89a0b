//! The engine as other crates use it, over real DuckDB files.

// A test may panic; that is how it fails.
#![allow(clippy::unwrap_used)]

mod database;
mod independent_reader;
mod time_zone;
