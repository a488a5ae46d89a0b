//! Contracts against the standard's own JSON schemas, which are embedded.
//!
//! What the schema of a version says is an error with its line and column. `validator` knows the keywords of JSON schema
//! that these schemas use, and reads YAML as it is, so that each fault has its place. `editor` makes a schema of them for editors.

mod check;
mod editor;
mod validator;

pub use check::{Checked, check};
pub use editor::editor_schema;
