//! What every part stands on, as other crates use it.

// A test may panic; that is how it fails.
#![allow(clippy::unwrap_used)]

mod yaml;
