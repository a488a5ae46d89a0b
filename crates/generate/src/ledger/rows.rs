//! What the tables of the ledger hold. Their columns are described in docs/concepts/ledger.md, which every run
//! writes beside them.

use super::file::{Row, constant, numbers, texts};
use crate::anomalies::Anomaly;
use crate::calendar::Day;
use arrow::array::{ArrayRef, Date32Array, StringArray};
use arrow::datatypes::{DataType, Field};
use std::sync::Arc;

/// A defect that was planted in one row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Defect {
    pub(crate) anomaly: &'static Anomaly,
    /// Relative to the raw folder, with `/`.
    pub(crate) file: Arc<str>,
    /// 1-based, the header not counted. Of a row that is there twice, the second.
    pub(crate) row_number: u64,
    /// The primary key as text, its parts joined by `|`; `line:N` where a row has no key to read.
    pub(crate) row_key: String,
    /// The value in the file.
    pub(crate) written_value: String,
}

/// A valid row that refers to one that bronze rejects: what a planted defect causes elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Consequence {
    pub(crate) feed: &'static str,
    pub(crate) file: Arc<str>,
    /// As in [`Defect`]; `None` in a table that has no order of rows.
    pub(crate) row_number: Option<u64>,
    pub(crate) row_key: String,
    /// The column that refers to it.
    pub(crate) column: &'static str,
    pub(crate) code: &'static str,
    /// The feed and primary key of the rejected row.
    pub(crate) cause_feed: &'static str,
    pub(crate) cause_key: String,
}

/// A row that was not delivered with the others of its day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HeldBack {
    pub(crate) feed: &'static str,
    pub(crate) row_key: String,
    /// The day it belongs to.
    pub(crate) day: Day,
    /// The day on which it is delivered: in the window that has this day.
    pub(crate) released: Day,
    /// The file in which it comes, or will come.
    pub(crate) file: Arc<str>,
}

/// A file that a run delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivered {
    pub(crate) feed: &'static str,
    /// Relative to the raw folder, with `/`; the folder of a Delta table.
    pub(crate) file: Arc<str>,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    /// XXH3-128 of the bytes, hexadecimal; `None` for a Delta table.
    pub(crate) content_hash: Option<String>,
}

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, false)
}
fn number(name: &str) -> Field {
    Field::new(name, DataType::Int64, false)
}
fn delivery() -> Field {
    Field::new("delivery", DataType::Int32, false)
}

impl Row for Defect {
    const TABLE: &'static str = "ledger";

    fn fields() -> Vec<Field> {
        let mut fields =
            ["feed", "file", "row_key", "column", "code", "written_value", "caught_at"].map(text).to_vec();
        fields.extend([number("row_number"), delivery()]);
        fields
    }

    fn columns(rows: &[Self], delivery: i32) -> Vec<ArrayRef> {
        vec![
            texts(rows, |row| row.anomaly.feed),
            texts(rows, |row| &row.file),
            texts(rows, |row| &row.row_key),
            texts(rows, |row| row.anomaly.column),
            texts(rows, |row| row.anomaly.code),
            texts(rows, |row| &row.written_value),
            texts(rows, |row| row.anomaly.caught_at.name()),
            numbers(rows, |row| i64::try_from(row.row_number).ok()),
            constant(rows, delivery),
        ]
    }
}

impl Row for Consequence {
    const TABLE: &'static str = "consequences";

    fn fields() -> Vec<Field> {
        let mut fields =
            ["feed", "file", "row_key", "column", "code", "cause_feed", "cause_key"].map(text).to_vec();
        fields.extend([number("row_number").with_nullable(true), delivery()]);
        fields
    }

    fn columns(rows: &[Self], delivery: i32) -> Vec<ArrayRef> {
        vec![
            texts(rows, |row| row.feed),
            texts(rows, |row| &row.file),
            texts(rows, |row| &row.row_key),
            texts(rows, |row| row.column),
            texts(rows, |row| row.code),
            texts(rows, |row| row.cause_feed),
            texts(rows, |row| &row.cause_key),
            numbers(rows, |row| row.row_number.and_then(|number| i64::try_from(number).ok())),
            constant(rows, delivery),
        ]
    }
}

impl Row for HeldBack {
    const TABLE: &'static str = "late";

    fn fields() -> Vec<Field> {
        let date = |name: &str| Field::new(name, DataType::Date32, false);
        vec![text("feed"), text("row_key"), date("day"), date("released_on"), text("file"), delivery()]
    }

    fn columns(rows: &[Self], delivery: i32) -> Vec<ArrayRef> {
        vec![
            texts(rows, |row| row.feed),
            texts(rows, |row| &row.row_key),
            Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| row.day))),
            Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| row.released))),
            texts(rows, |row| &row.file),
            constant(rows, delivery),
        ]
    }
}

impl Row for Delivered {
    const TABLE: &'static str = "deliveries";

    fn fields() -> Vec<Field> {
        let hash = text("content_hash").with_nullable(true);
        vec![delivery(), text("feed"), text("file"), number("rows"), number("bytes"), hash]
    }

    fn columns(rows: &[Self], delivery: i32) -> Vec<ArrayRef> {
        vec![
            constant(rows, delivery),
            texts(rows, |row| row.feed),
            texts(rows, |row| &row.file),
            numbers(rows, |row| i64::try_from(row.rows).ok()),
            numbers(rows, |row| i64::try_from(row.bytes).ok()),
            Arc::new(StringArray::from_iter(rows.iter().map(|row| row.content_hash.as_deref()))),
        ]
    }
}
