//! Spark as an engine: a server that speaks Spark Connect.
//!
//! ```text
//! options ──► engine ──► session   statements, one after the other
//!                          cells       Arrow batches as rows
//!                          type_names  Spark's names for Arrow's types
//!                          error_parts what a server says of a statement, in parts
//! ```

mod cells;
mod engine;
mod error_parts;
mod options;
mod session;
mod type_names;

pub use engine::Spark;
pub use ingot_spark::{Address, DEFAULT_PORT};
pub use options::SparkOptions;
