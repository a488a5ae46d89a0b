//! CSV, written by hand into one growing buffer: no allocation and no formatting machinery for a cell.

use super::output_file::{Finished, OutputFile};
use crate::calendar::{DAY_SECONDS, Day, civil};
use crate::cell::{Cell, Fill, Record, bind};
use ingot_contract::{Contract, DataType};
use ingot_core::error::Result;
use std::path::Path;

/// Bytes that are gathered before they go to the file.
const FLUSH_AT: usize = 1 << 20;

/// How rows of `R` become lines, worked out from the contract once.
pub(crate) struct CsvTable<R> {
    header: Vec<u8>,
    columns: Vec<(String, Fill<R, CsvCell>)>,
}

impl<R: Record> CsvTable<R> {
    /// Fails if the contract has a column that `R` does not know.
    pub(crate) fn new(contract: &Contract) -> Result<Self> {
        // In the form of the raw file a timestamp keeps its offset and a decimal its digits, so only the
        // names and their order matter here.
        let fills = bind::<R, CsvCell>(contract, &contract.columns)?;
        debug_assert!(
            contract.columns.iter().all(|column| column.data_type != DataType::Bool || !column.required)
        );
        let names: Vec<&str> = contract.columns.iter().map(|column| column.name.as_str()).collect();
        let mut header = names.join(",").into_bytes();
        header.push(b'\n');
        Ok(Self { header, columns: names.into_iter().map(str::to_owned).zip(fills).collect() })
    }

    /// What `row` has in `column`, as it is in the file, without quotes. Empty if there is no such column.
    pub(crate) fn value_of(&self, row: &R, column: &str) -> String {
        let mut cell = CsvCell(Vec::new());
        if let Some((_, fill)) = self.columns.iter().find(|(name, _)| name == column) {
            fill(row, &mut cell);
        }
        let text = String::from_utf8_lossy(&cell.0).into_owned();
        match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => text,
        }
    }

    pub(crate) fn create<'t>(&'t self, path: &Path) -> Result<CsvFile<'t, R>> {
        let mut cell = CsvCell(Vec::with_capacity(1 << 16));
        cell.0.extend_from_slice(&self.header);
        Ok(CsvFile { table: self, cell, output: OutputFile::create(path)?, rows: 0 })
    }
}

/// A CSV file in the making.
pub(crate) struct CsvFile<'t, R> {
    table: &'t CsvTable<R>,
    cell: CsvCell,
    output: OutputFile,
    rows: u64,
}

impl<R: Record> CsvFile<'_, R> {
    #[inline]
    pub(crate) fn write(&mut self, row: &R) -> Result<()> {
        for (_, fill) in &self.table.columns {
            fill(row, &mut self.cell);
            self.cell.0.push(b',');
        }
        self.end_line()
    }

    /// The same row with another text in one column: one that its type does not allow.
    pub(crate) fn write_with(&mut self, row: &R, column: &str, text: &str) -> Result<()> {
        for (name, fill) in &self.table.columns {
            if name == column {
                self.cell.text(text);
            } else {
                fill(row, &mut self.cell);
            }
            self.cell.0.push(b',');
        }
        self.end_line()
    }

    #[inline]
    fn end_line(&mut self) -> Result<()> {
        if let Some(last) = self.cell.0.last_mut() {
            *last = b'\n';
        }
        self.rows += 1;
        if self.cell.0.len() >= FLUSH_AT {
            self.output.write(&self.cell.0)?;
            self.cell.0.clear();
        }
        Ok(())
    }

    /// How many rows it has so far: the number of the row that was written last.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) fn finish(mut self) -> Result<Finished> {
        self.output.write(&self.cell.0)?;
        Ok(Finished { rows: self.rows, ..self.output.finish()? })
    }
}

/// The end of the buffer.
pub(crate) struct CsvCell(pub(crate) Vec<u8>);

impl Cell for CsvCell {
    #[inline]
    fn null(&mut self) {}

    #[inline]
    fn int(&mut self, value: i64) {
        self.0.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    #[inline]
    fn decimal(&mut self, value: i64, scale: u32) {
        if value < 0 {
            self.0.push(b'-');
        }
        let unit = 10u64.pow(scale);
        let value = value.unsigned_abs();
        self.0.extend_from_slice(itoa::Buffer::new().format(value / unit).as_bytes());
        if scale > 0 {
            self.0.push(b'.');
            let mut fraction = value % unit;
            let start = self.0.len();
            self.0.resize(start + scale as usize, b'0');
            for digit in self.0[start..].iter_mut().rev() {
                *digit = b'0' + (fraction % 10) as u8;
                fraction /= 10;
            }
        }
    }

    #[inline]
    fn text(&mut self, value: &str) {
        let bytes = value.as_bytes();
        if bytes.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
            self.0.push(b'"');
            self.0.extend_from_slice(value.replace('"', "\"\"").as_bytes());
            self.0.push(b'"');
        } else {
            self.0.extend_from_slice(bytes);
        }
    }

    #[inline]
    fn date(&mut self, day: Day) {
        self.0.extend_from_slice(&date_text(day));
    }

    #[inline]
    fn timestamp(&mut self, utc: i64, offset: i32) {
        self.0.extend_from_slice(&timestamp_text(utc, offset));
    }

    #[inline]
    fn boolean(&mut self, value: bool) {
        self.0.extend_from_slice(if value { b"true" } else { b"false" });
    }
}

/// `2023-01-31`
#[inline]
fn date_text(day: Day) -> [u8; 10] {
    let (year, month, day_of_month) = civil(day);
    let mut text = *b"0000-00-00";
    two_digits(&mut text, 0, year as u32 / 100);
    two_digits(&mut text, 2, year as u32 % 100);
    two_digits(&mut text, 5, month);
    two_digits(&mut text, 8, day_of_month);
    text
}

/// `2023-01-31T18:05:09+11:00`
#[inline]
fn timestamp_text(utc: i64, offset: i32) -> [u8; 25] {
    let local = utc + i64::from(offset);
    let second = local.rem_euclid(DAY_SECONDS) as u32;
    let mut text = *b"0000-00-00T00:00:00+00:00";
    text[..10].copy_from_slice(&date_text(local.div_euclid(DAY_SECONDS) as Day));
    two_digits(&mut text, 11, second / 3600);
    two_digits(&mut text, 14, second / 60 % 60);
    two_digits(&mut text, 17, second % 60);
    if offset < 0 {
        text[19] = b'-';
    }
    let minutes = offset.unsigned_abs() / 60;
    two_digits(&mut text, 20, minutes / 60);
    two_digits(&mut text, 23, minutes % 60);
    text
}

#[inline]
fn two_digits(text: &mut [u8], at: usize, value: u32) {
    text[at] = b'0' + (value / 10 % 10) as u8;
    text[at + 1] = b'0' + (value % 10) as u8;
}

/// `2023-01-31T18:05:09+11:00`, for formats other than CSV.
pub(crate) fn push_timestamp(buffer: &mut Vec<u8>, utc: i64, offset: i32) {
    buffer.extend_from_slice(&timestamp_text(utc, offset));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut CsvCell)) -> String {
        let mut cell = CsvCell(Vec::new());
        write(&mut cell);
        String::from_utf8(cell.0).unwrap()
    }

    #[test]
    fn values_as_csv() {
        assert_eq!(written(|cell| cell.decimal(-1205, 4)), "-0.1205");
        assert_eq!(written(|cell| cell.decimal(1_234_500, 4)), "123.4500");
        assert_eq!(written(|cell| cell.decimal(12, 0)), "12");
        assert_eq!(written(|cell| cell.text("a, \"b\"")), "\"a, \"\"b\"\"\"");
        assert_eq!(written(|cell| cell.timestamp(0, 39_600)), "1970-01-01T11:00:00+11:00");
        assert_eq!(written(|cell| cell.timestamp(0, -12_600)), "1969-12-31T20:30:00-03:30");
        assert_eq!(written(|cell| cell.null()), "");
    }
}
