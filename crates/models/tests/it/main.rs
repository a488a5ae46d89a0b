//! dbt projects as other crates run them.

// A test may panic; that is how it fails.
// In a test binary `pub` means what other modules of the test use.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod as_dbt_does;
mod behaviour_flags;
mod builds;
mod case;
mod check;
mod damaged_reads;
mod dbt_log;
mod dbts_checks;
mod deps;
mod edges;
mod execution;
mod lake_copies;
mod lake_growth;
mod lake_sides;
mod like_dbt;
mod metrics;
mod python_models;
mod refusals;
mod seeds;
mod selection;
mod semantic_layer;
mod speed;
mod unchanged;
mod unchanged_edits;
mod verbs;
