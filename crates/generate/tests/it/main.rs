//! The generator as other crates use it: what it writes, and what its ledger says of that.

// A test may panic; that is how it fails.
// In a test binary `pub` means what other modules of the test use.
#![allow(clippy::unwrap_used, unreachable_pub)]

// The tests of the command use it too, and more of it.
#[allow(dead_code)]
mod database;
mod distributions;
mod interrupt;
mod ledger;
mod ledger_checks;
mod raw_data;
mod raw_folder;
mod samples;
mod windows;
