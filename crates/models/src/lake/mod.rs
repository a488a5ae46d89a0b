//! Models in the lake: the materialization `delta`, copies of finished tables as Parquet files, and the column
//! types of both.

pub mod column_types;
pub mod copies;
pub mod materialization;
