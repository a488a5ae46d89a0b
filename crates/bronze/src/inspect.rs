//! Raw files for those who have no contract yet: the readers and value parsers of a load, without what a load does with
//! their rows. What is found out here therefore holds when the file is loaded.

use crate::check::{CompiledForm, parse};
use crate::read;
use ingot_contract::{DataType, Encoding, Format, RawFile, RawForm, ValueForm};
use ingot_core::error::{Error, Result};
use ingot_lake::arrow::datatypes::DataType as ArrowType;
use std::io::Read as _;
use std::path::Path;

pub use crate::read::{Before, Crew, CsvRecord, Member, PartSinks, ReadInto, RowSink};
pub use crate::read::{is_count, is_only_total, is_total};
pub use crate::read_error::{FileFailure, ReadError};
pub use crate::row::{Position, Reason};

/// How the cells of a column are read: the parser of its type, in the form that a contract would state.
pub struct Reading {
    data_type: DataType,
    form: Option<CompiledForm>,
}

impl Reading {
    /// # Errors
    /// The form names a time zone that is not known.
    pub fn new(data_type: DataType, form: Option<&ValueForm>, format: Format) -> Result<Self> {
        let form = form.map(|form| CompiledForm::new(form, format)).transpose()?;
        Ok(Self { data_type, form })
    }

    /// Whether a load would take this text, which is not empty, as a value of the type. `is_typed` says that it was not text in
    /// the file, but a number or truth value.
    pub fn accepts(&self, text: &[u8], is_typed: bool) -> bool {
        match &self.form {
            Some(form) => form.parse(&self.data_type, text, is_typed).is_ok(),
            None => parse(&self.data_type, text).is_ok(),
        }
    }
}

/// Whether a load would take this text as a value of the type, in the type's default form.
pub fn accepts(data_type: &DataType, text: &[u8]) -> bool {
    parse(data_type, text).is_ok()
}

/// Reads all rows of a file into the sink, in flat memory and with one thread.
///
/// # Errors
/// The file cannot be read, or the sink wants no more of it.
pub fn read_rows<S: RowSink>(
    form: &RawForm,
    file: &RawFile,
    sink: &mut S,
) -> std::result::Result<(), ReadError> {
    read::read_file_alone(form, file, sink)
}

/// Reads all rows of a file into the sink, a big one in parts by way of `sinks`, with all threads that the crew can spare.
///
/// # Errors
/// As [`read_rows`].
pub fn read_rows_in_parts<S: RowSink, P: PartSinks<S>>(
    form: &RawForm,
    file: &RawFile,
    sink: &mut S,
    sinks: &P,
    crew: &Crew,
) -> std::result::Result<(), ReadError> {
    read::read_rows_in_parts(form, file, sink, sinks, crew)
}

/// Reads the rows of a text that has the given form, which is in its encoding.
///
/// # Errors
/// As [`read_rows`].
pub fn read_text<S: RowSink>(
    form: &RawForm,
    text: &[u8],
    sink: &mut S,
) -> std::result::Result<(), ReadError> {
    read::read_text(form, text, sink)
}

/// The first bytes of a file, expanded if it is compressed.
///
/// # Errors
/// The file cannot be read or expanded.
pub fn first_bytes(path: &Path, most: usize) -> Result<Vec<u8>> {
    let failed = |failure: FileFailure| Error::new(failure).at(path);
    let (input, digest) = read::Digested::open(path, &|_| {}).map_err(failed)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut input = read::expand(input, digest, &name).map_err(failed)?;
    let mut bytes = Vec::new();
    (&mut input)
        .take(most as u64)
        .read_to_end(&mut bytes)
        .map_err(|error| failed(read::reading_failure(&error)))?;
    Ok(bytes)
}

/// The text of these bytes in UTF-8, without a byte order mark. Bytes that are not text in the encoding stay as they are.
///
/// # Errors
/// A byte order mark that contradicts the encoding.
pub fn decoded(bytes: &[u8], encoding: Encoding) -> std::result::Result<Vec<u8>, FileFailure> {
    let mut text = read::TextBuffer::open(bytes, encoding)?;
    let mut decoded = Vec::with_capacity(bytes.len());
    loop {
        decoded.extend_from_slice(text.unread());
        text.advance(text.unread().len());
        if text.at_end() {
            return Ok(decoded);
        }
        text.fill()?;
    }
}

/// Hands over the records of a CSV text in UTF-8, in the dialect of the form, until `each` says `false`. No record counts as
/// the header, and records may have any number of fields.
///
/// # Errors
/// The text cannot be read.
pub fn csv_records(
    text: &[u8],
    form: &RawForm,
    each: &mut dyn FnMut(&CsvRecord<'_>) -> bool,
) -> std::result::Result<(), FileFailure> {
    read::records(text, form, each)
}

/// The names of a workbook's sheets, in their order.
///
/// # Errors
/// The file is not a workbook that can be read.
pub fn sheet_names(path: &Path) -> std::result::Result<Vec<String>, FileFailure> {
    read::sheet_names(path)
}

/// The text of a JSON value, and whether it was something else than a string; `None` for null.
pub fn json_text(value: &str) -> Option<(std::borrow::Cow<'_, str>, bool)> {
    read::json_cell(value).map(|text| (text, !value.starts_with('"')))
}

/// Hands over each member of a JSON object; `false` if the text is not one.
pub fn json_members<'t>(text: &'t str, take: impl FnMut(Member<'t>)) -> bool {
    read::json_members(text, take).is_ok()
}

/// Hands over each element of a JSON array, as it is written; `false` if the text is not one.
pub fn json_elements<'t>(text: &'t str, take: impl FnMut(&'t str)) -> bool {
    read::json_elements(text, take).is_ok()
}

/// The contract's type that holds all values of a column of Parquet.
pub fn column_type(found: &ArrowType) -> DataType {
    crate::evolution::contract_type(found)
}
