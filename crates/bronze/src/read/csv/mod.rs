//! CSV, in the dialect that the contract states: `scan` finds records and fields, `reader` judges their form,
//! `footer` leaves out what comes after the table.

mod footer;
mod reader;
mod records;
mod scan;

pub(crate) use reader::{read_csv, read_csv_alone};
pub use records::CsvRecord;
pub(crate) use records::records;
