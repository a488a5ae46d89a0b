//! dbt projects as other crates run them.

// A test may panic; that is how it fails.
// In a test binary `pub` means what other modules of the test use.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod builds;
mod case;
mod damaged_reads;
mod dbt_log;
mod edges;
mod execution;
mod lake_copies;
mod lake_growth;
mod lake_sides;
mod like_dbt;
mod seeds;
mod selection;
mod speed;
mod verbs;
