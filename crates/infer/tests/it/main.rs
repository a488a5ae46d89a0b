//! What is inferred, tried on real files: each contract is written, and its files are loaded with it.
//!
//! `habits` has the ways in which programs write CSV, `world` the folder that a case is tried in; the other modules are tests.

// A test may panic; that is how it fails.
#![allow(clippy::unwrap_used)]

mod columns;
mod dialects;
mod feeds;
mod habits;
mod json;
mod nothing_lost;
mod promise;
mod sheets;
mod world;
