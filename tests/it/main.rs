//! The one integration binary (it links DuckDB once). A new test goes into the file named after the part it tests; a case
//! with files of its own is a folder beside it.

mod engine;
mod engine_time_zone;
mod jinja;
mod layers;
mod run_models;
mod support;
