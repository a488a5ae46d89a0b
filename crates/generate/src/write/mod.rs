//! The raw forms, one file each, and the output file that all of them write to.

pub(crate) mod csv;
pub(crate) mod delta;
pub(crate) mod jsonl;
mod output_file;
pub(crate) mod parquet;
pub(crate) mod xlsx;

pub(crate) use output_file::{Finished, OutputFile, cannot_write};
