//! Operations on real Delta tables: one binary, a module for each subject.

// A test may panic; that is how it fails.
#![allow(clippy::unwrap_used)]

mod damage;
mod lake;
mod log;
mod quality;
mod runs;
mod versions;
