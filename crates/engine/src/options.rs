//! Which engine to open, and how.

use crate::duckdb::{DuckDb, DuckDbOptions};
use crate::spark::{Spark, SparkOptions};
use crate::{Dialect, Engine};
use ingot_core::error::Result;
use std::path::PathBuf;

/// How to open an engine; one variant for each engine there is.
#[derive(Debug, Clone)]
pub enum EngineOptions {
    DuckDb(DuckDbOptions),
    Spark(SparkOptions),
}

impl EngineOptions {
    /// The database in this file, which is created where it is missing.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::DuckDb(DuckDbOptions::new(path))
    }

    /// The database in this file, which must exist and is not changed.
    pub fn existing_file(path: impl Into<PathBuf>) -> Self {
        Self::DuckDb(DuckDbOptions { read_only: true, ..DuckDbOptions::new(path) })
    }

    /// A database of its own that is gone when the engine is dropped.
    pub fn in_memory() -> Self {
        Self::file(":memory:")
    }

    /// Opens the engine.
    ///
    /// # Errors
    /// Those of [`DuckDb::open`] and [`Spark::open`].
    pub fn open(&self) -> Result<Box<dyn Engine>> {
        match self {
            Self::DuckDb(options) => Ok(Box::new(DuckDb::open(options)?)),
            Self::Spark(options) => Ok(Box::new(Spark::open(options)?)),
        }
    }

    /// The options of DuckDB, if it is the engine.
    pub fn duckdb(&self) -> Option<&DuckDbOptions> {
        match self {
            Self::DuckDb(options) => Some(options),
            Self::Spark(_) => None,
        }
    }

    /// The same, so that nothing is written where the engine can be told.
    pub fn only_reading(&self) -> Self {
        match self {
            Self::DuckDb(options) => Self::DuckDb(options.only_reading()),
            Self::Spark(options) => Self::Spark(options.clone()),
        }
    }

    /// Where it is, for people: a file, or an address.
    pub fn place(&self) -> String {
        match self {
            Self::DuckDb(options) => options.path.display().to_string(),
            Self::Spark(options) => options.address.to_string(),
        }
    }

    /// The SQL of the engine that these options open.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::DuckDb(_) => Dialect::DuckDb,
            Self::Spark(_) => Dialect::Spark,
        }
    }
}
