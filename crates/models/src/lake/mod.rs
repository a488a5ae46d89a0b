//! Models in the lake: the materialization `delta`, copies of finished tables as Parquet files, and the column
//! types of both.

pub(crate) mod column_types;
pub(crate) mod copies;
pub(crate) mod materialization;
