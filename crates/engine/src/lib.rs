//! The query engine behind two small traits, [`Engine`] and [`Session`], and what implements them: DuckDB and Spark.
//!
//! ```text
//! engine ──► what every engine is: an open database, its sessions, the options that open one
//!   rows        results: columns, and rows of cells
//!   sql_error   why a statement failed, as a value
//!   dialect     what callers must know of an engine's SQL
//!   timed       an engine that counts how long it works
//! duckdb ──► the engine that is compiled in
//! spark  ──► a server, over Spark Connect (`ingot-spark`)
//! ```
//!
//! A stage that only runs SQL names nothing of either: it opens an engine by [`EngineOptions`] and asks its
//! [`Dialect`]. Another engine is another variant of the former, another constant of the latter, and a folder
//! beside these.

mod dialect;
pub mod duckdb;
mod engine;
mod options;
mod quoting;
mod rows;
pub mod spark;
mod sql_error;
mod timed;

pub use dialect::Dialect;
pub use engine::{Engine, Session};
pub use options::EngineOptions;
pub use quoting::{name_if_needed, name_literal, text_literal};
pub use rows::{Cell, Nested, NestedValue, ResultColumn, Rows};
pub use sql_error::{SqlError, SqlErrorKind};
pub use timed::{BusyClock, EngineTimes};
