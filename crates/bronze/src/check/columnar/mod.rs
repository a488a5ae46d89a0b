//! Rows that come as Arrow batches (Parquet, Delta): whole columns are converted to the contract's types, and only rows
//! with something wrong are examined one by one.

mod cell_values;
mod columns;
mod convert;
mod json_text;
mod plan;
mod retype;
mod row_values;

pub(crate) use cell_values::row_text;
pub(crate) use columns::{Columns, Faults};
pub(crate) use retype::Retype;
pub(crate) use row_values::{HashedColumn, row_hashes};
