//! dbt projects as other crates run them.

// A test may panic; that is how it fails.
#![allow(clippy::unwrap_used)]

mod builds;
mod case;
mod execution;
mod lake_copies;
mod lake_sides;
mod selection;
mod speed;
mod verbs;
