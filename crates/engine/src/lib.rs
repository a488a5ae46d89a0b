//! The query engine behind one small trait, so that another engine can stand in its place.
//!
//! An [`Engine`] is an open database; a [`Session`] is one connection to it, used by one thread.

use ingot_core::error::Result;

pub mod duckdb;
mod rows;
mod text;
mod time_zone;
mod timed;

pub use text::{name_if_needed, name_literal, text_literal};
pub use timed::{BusyClock, EngineTimes};

/// An open database. Sessions share its catalog and its files.
pub trait Engine: Send + Sync {
    fn session(&self) -> Result<Box<dyn Session>>;
}

/// One connection. Statements of one session run one after the other.
pub trait Session: Send {
    /// Runs one or several statements separated by `;`. Returns the rows changed by the last one
    /// (0 where it says nothing of rows).
    fn execute(&mut self, sql: &str) -> Result<u64>;

    /// Runs one or several statements and returns the whole result of the last one.
    fn query(&mut self, sql: &str) -> Result<Rows>;

    /// A handle that any thread may call to stop what this session is running.
    fn interrupter(&self) -> Box<dyn Fn() + Send + Sync>;
}

/// A result: columns, and rows of cells in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    pub columns: Vec<ResultColumn>,
    pub rows: Vec<Vec<Cell>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ResultColumn {
    pub name: String,
    /// The engine's own name for the type, e.g. `DECIMAL(12,4)`.
    pub type_name: String,
}

/// A value as templates and reports need it. What has no variant of its own is the engine's text for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// A DECIMAL, as its exact text.
    Decimal(String),
    Text(String),
    /// ISO 8601, `2023-01-31`.
    Date(String),
    /// `2023-01-31 10:20:30.000000`; with `+00` behind it where the type has a zone.
    Timestamp(String),
    /// Everything else (intervals, lists, structs, blobs) in the engine's own text.
    Other(String),
}
