//! Raw files to rows: a file for each format.
//!
//! A reader hands every row of its file to a [`RowSink`], in order and with its position, or says why the file as a
//! whole cannot be read. It decides nothing about values and knows nothing of contracts. [`read_file`] opens a file,
//! expands it and picks its reader.
//!
//! A big file of JSON lines is read in `parts`, by several threads.
//!
//! `source` (opened and hashed) → `compressed` (expanded) → `encoding` (as UTF-8) → `text_buffer` (a window) →
//! `csv`, `jsonl`, `json_documents`; `parquet` and `xlsx` open their files themselves.

mod compressed;
mod csv;
mod encoding;
mod footer_row;
mod header_rows;
#[cfg(test)]
mod in_parts_tests;
mod json;
mod json_documents;
mod jsonl;
mod parquet;
mod parquet_intervals;
mod parts;
mod read_file;
mod record;
mod row_sink;
mod source;
mod text_buffer;
mod total;
mod xlsx;

pub use total::{is_count, is_only_total, is_total};

pub(crate) use compressed::{is_compressed, open as expand, reading_failure};
pub use csv::CsvRecord;
pub(crate) use csv::records;
pub use json::Member;
pub(crate) use json::{
    MEMBERS, Problem as JsonProblem, cell as json_cell, elements as json_elements, members as json_members,
};
pub(crate) use parquet::open as open_parquet;
pub use parts::{Before, Crew, PartSinks, ReadInto};
pub(crate) use read_file::{read_file, read_file_alone, read_rows_in_parts, read_text};
pub use row_sink::RowSink;
pub(crate) use source::{Digested, cannot_open, content_hash};
pub(crate) use text_buffer::TextBuffer;
pub(crate) use xlsx::{OUTSIDE_HEADER, sheet_names};
