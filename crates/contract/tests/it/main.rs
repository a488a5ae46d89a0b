//! Contracts as a person may leave them.

// A test may panic; that is how it fails.
#![allow(clippy::unwrap_used)]

mod damaged;
mod others;
mod verdicts;
