//! Rows that come as Arrow batches (Parquet, Delta): whole columns are converted to the contract's types, and only rows
//! with something wrong are examined one by one.

mod columns;
mod convert;
mod retype;
mod row_values;

pub(crate) use columns::{Columns, Faults};
pub(crate) use retype::Retype;
pub(crate) use row_values::{push_value, row_hashes, row_text};
