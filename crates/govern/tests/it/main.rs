//! The audit trail as its callers use it: written, damaged, verified.

// A test may panic; that is how it fails.
#![allow(clippy::unwrap_used)]

mod trail;
