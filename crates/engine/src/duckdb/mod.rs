//! DuckDB as an [`Engine`](crate::Engine): opens the warehouse file, gives sessions, explains failures.
//!
//! ```text
//! options ──► database ──► session            what callers see
//!               attach       cells            files brought in; results as rows
//!               open_error   error_text       DuckDB's words, explained
//! connection · result · vector · values · logical_type · c_text      DuckDB's C API, made safe
//! confine                           SQL of others, kept to some folders
//! seal                              how a file was left, to know whether somebody has written to it since
//! time_zone    functions and casts in place of the icu extension
//! ```

mod attach;
mod c_text;
mod cells;
mod confine;
mod connection;
mod database;
mod date_text;
mod error_text;
mod logical_type;
mod nested;
mod one_select;
mod open_error;
mod options;
mod result;
mod seal;
mod session;
mod statements;
mod time_zone;
mod values;
mod vector;

pub use confine::confined_to;
pub use database::DuckDb;
pub use one_select::{NamedTable, OneSelect, one_select};
pub use open_error::explain_attach;
pub use options::{Attach, DEFAULT_STORAGE_VERSION, DuckDbOptions, catalog_name, write_ahead_log};
pub use seal::{KeptSeal, Seal, Unseen};
pub use statements::is_one_statement;
