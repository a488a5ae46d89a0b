//! Accepted rows on their way to the lake: batches (`column_builder`) into data files (`output`) with the right columns
//! (`data_schema`, `tombstones`), each kept in the way that suits its values (`value_sample`). Nothing of it is visible
//! before the table's commit.

mod column_builder;
mod data_schema;
mod nested_builder;
mod output;
mod tombstones;
mod value_sample;

pub(crate) use column_builder::{BATCH_ROWS, ColumnBuilder};
pub(crate) use data_schema::{data_schema, file_schema};
pub(crate) use nested_builder::{NestedBuilder, keys_without_nulls};
pub(crate) use output::Output;
pub(crate) use tombstones::with_columns_of;
pub use tombstones::{DELETED_AT, IS_DELETED};
