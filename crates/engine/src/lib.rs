//! The query engine behind two small traits, [`Engine`] and [`Session`], and DuckDB, which implements them.
//!
//! ```text
//! engine ──► what every engine is: an open database, its sessions, the options that open one
//!   rows        results: columns, and rows of cells
//!   sql_error   why a statement failed, as a value
//!   dialect     what callers must know of an engine's SQL
//!   timed       an engine that counts how long it works
//! duckdb ──► the engine that is compiled in
//! ```
//!
//! A stage that only runs SQL names nothing of `duckdb`: it opens an engine by [`EngineOptions`] and asks its
//! [`Dialect`]. Another engine is another variant of the former, another constant of the latter, and a folder
//! beside `duckdb`.

mod dialect;
pub mod duckdb;
mod engine;
mod options;
mod quoting;
mod rows;
mod sql_error;
mod timed;

pub use dialect::Dialect;
pub use engine::{Engine, Session};
pub use options::EngineOptions;
pub use quoting::{name_if_needed, name_literal, text_literal};
pub use rows::{Cell, Nested, NestedValue, ResultColumn, Rows};
pub use sql_error::{SqlError, SqlErrorKind};
pub use timed::{BusyClock, EngineTimes};
