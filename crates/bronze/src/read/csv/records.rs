//! The records of a text, for those who look for its dialect: found by the scanner that reads whole files.

use super::scan::{Dialect, Marks, Scanner, WideMarks};
use crate::read::text_buffer::TextBuffer;
use crate::read_error::FileFailure;
use ingot_contract::{Encoding, RawForm};

/// A record of a CSV text.
pub struct CsvRecord<'t> {
    /// 1-based line on which it begins.
    pub line: u64,
    /// Whether its quotes are not in order; its fields are then not told.
    pub is_broken: bool,
    /// Text of each field, and whether it is in quotes.
    pub fields: Vec<(&'t [u8], bool)>,
}

/// Hands over the records of a text in UTF-8, in the dialect of the form, until `each` says `false`. Nothing is taken as a
/// header, and rows may have any number of fields.
pub(crate) fn records(
    text: &[u8],
    form: &RawForm,
    each: &mut dyn FnMut(&CsvRecord<'_>) -> bool,
) -> Result<(), FileFailure> {
    match &form.wide_csv {
        None => scan(text, Marks::of(&form.csv), form, each),
        Some(wide) => scan(text, WideMarks::of(wide, &form.csv.null_texts), form, each),
    }
}

fn scan<D: Dialect>(
    text: &[u8],
    dialect: D,
    form: &RawForm,
    each: &mut dyn FnMut(&CsvRecord<'_>) -> bool,
) -> Result<(), FileFailure> {
    let text = TextBuffer::open(text, Encoding::Utf8)?;
    let mut scanner = Scanner::after(0, text, dialect, form.place.comment.as_deref());
    while let Some(record) = scanner.next()? {
        let is_broken = record.fault.is_some();
        let width = if is_broken { 0 } else { scanner.width() };
        let fields = (0..width).map(|index| (scanner.field(index), scanner.is_quoted(index))).collect();
        if !each(&CsvRecord { line: record.line, is_broken, fields }) {
            break;
        }
    }
    Ok(())
}
