//! The one integration binary (it links DuckDB once). A new test goes into the file named after the part it tests; a case
//! with files of its own is a folder beside it.

// A test may panic; that is how it fails.
#![allow(clippy::unwrap_used)]

mod cli_reference;
mod contract_damaged;
mod engine;
mod engine_time_zone;
mod first_steps;
mod generate;
mod generate_distributions;
mod generate_samples;
mod jinja;
mod lake;
mod layers;
mod load_bronze;
mod run_models;
mod sample;
mod support;
mod verify;
mod warehouse;
