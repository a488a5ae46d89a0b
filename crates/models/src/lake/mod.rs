//! Models and the lake: whether what they read there is intact, the materialization `delta`, copies of finished tables
//! as Parquet files, and the column types of both.

pub(crate) mod column_types;
pub(crate) mod copies;
pub(crate) mod materialization;
pub(crate) mod verify_inputs;
