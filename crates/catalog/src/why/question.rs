//! What is asked, and of which files.

use ingot_engine::EngineOptions;
use jiff::Timestamp;
use std::path::PathBuf;
use std::time::Duration;

/// What is asked.
#[derive(Debug, Clone)]
pub struct WhyQuestion {
    /// The table, as `gold.fct_sales`, `fct_sales` or its unique id.
    pub table: String,
    /// SQL that tells its rows: `order_id = 5`.
    pub condition: String,
    /// The column whose value is asked for; else the whole row.
    pub column: Option<String>,
    /// The most rows of each table that are listed; all are counted.
    pub limit: usize,
    /// Of the rows of bronze, list only those that were loaded after the first moment and not after the second, and of
    /// which the rows that are asked for are made, or without which they would be others.
    pub loaded: Option<(Timestamp, Timestamp)>,
}

/// Where the rows are.
#[derive(Debug, Clone)]
pub struct WhyPlaces {
    /// The warehouse, opened for reading.
    pub warehouse: EngineOptions,
    /// The folder of raw files.
    pub raw: PathBuf,
    pub lake: PathBuf,
    /// Whether the condition comes from somebody who may read nothing but the warehouse, the lake and raw files.
    pub confined: bool,
    /// How long it may take.
    pub patience: Option<Duration>,
}
