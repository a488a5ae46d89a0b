//! Files in the form that a contract states: its format, dialect, encoding and compression, where the table is in the
//! file, and how values are written. [`RawWriter`] is the whole of it.
//!
//! ```text
//! writer       rows of values → a file of the contract's format
//!   csv          lines in the dialect
//!   json         JSON lines, and documents in which records are at a path
//!   columnar     Arrow batches, for Parquet and Delta
//!   sheet        a workbook
//!   value_text   a value as the contract has it written
//!   text_file    characters → bytes: encoding and compression
//! ```

mod columnar;
mod csv;
mod json;
mod sheet;
mod text_file;
mod value_text;
mod writer;

pub use json::is_envelope;
pub use writer::RawWriter;
pub(crate) use writer::delta_schema;
