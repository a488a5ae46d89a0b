//! CSV, in the dialect that the contract states: `scan` finds records and fields, `reader` judges their form.

mod reader;
mod scan;

pub(crate) use reader::CsvRows;
