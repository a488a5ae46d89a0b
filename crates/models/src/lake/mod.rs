//! Models and the lake: whether what they read there is intact, and from which versions they were built, the materialization `delta`, copies of finished tables
//! as Parquet files, and the column types of both.

pub(crate) mod built_from;
pub(crate) mod column_types;
pub(crate) mod content;
pub(crate) mod copied;
pub(crate) mod copies;
pub(crate) mod file_guard;
pub(crate) mod files_in_sql;
pub(crate) mod materialization;
pub(crate) mod next_version;
pub(crate) mod recover;
pub(crate) mod verify_inputs;
