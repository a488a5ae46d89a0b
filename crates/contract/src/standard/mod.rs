//! Contracts against the standard's own JSON schemas, which are embedded.
//!
//! What the schema of a version says is an error with its line and column. `validator` knows the keywords of JSON schema
//! that these schemas use, and reads YAML as it is, so that each fault has its place.

mod check;
mod validator;

pub use check::{Checked, check};
