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
pub struct Defect {
    pub anomaly: &'static Anomaly,
    /// Relative to the raw folder, with `/`.
    pub file: Arc<str>,
    /// 1-based, the header not counted. Of a row that stands twice, the second.
    pub row_number: u64,
    /// The primary key as text, its parts joined by `|`; `line:N` where a row has no key to read.
    pub row_key: String,
    /// What stands in the file.
    pub written_value: String,
}

/// A row that is whole, but points at one that bronze rejects: what a planted defect brings about elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Consequence {
    pub feed: &'static str,
    pub file: Arc<str>,
    /// As in [`Defect`]; `None` in a table that has no order of rows.
    pub row_number: Option<u64>,
    pub row_key: String,
    /// The column that points.
    pub column: &'static str,
    pub code: &'static str,
    /// The feed and primary key of the rejected row.
    pub cause_feed: &'static str,
    pub cause_key: String,
}

/// A row that was not delivered with the others of its day.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldBack {
    pub feed: &'static str,
    pub row_key: String,
    /// The day it belongs to.
    pub day: Day,
    /// The day on which it is delivered: in the window that has this day.
    pub released: Day,
    /// The file in which it comes, or will come.
    pub file: Arc<str>,
}

/// A file that a run delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    pub feed: &'static str,
    /// Relative to the raw folder, with `/`; the folder of a Delta table.
    pub file: Arc<str>,
    pub rows: u64,
    pub bytes: u64,
    /// XXH3-128 of the bytes, hexadecimal; `None` for a Delta table.
    pub content_hash: Option<String>,
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
