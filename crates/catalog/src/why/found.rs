//! What following a value back gave.

use serde::Serialize;

/// A table on the way back, with the rows of it that matter.
#[derive(Debug, Clone, Serialize)]
pub struct WhyTable {
    /// The unique id of the node.
    pub node: String,
    /// `gold.fct_sales`.
    pub table: String,
    /// `model`, `source`, `seed`, `snapshot`.
    pub kind: &'static str,
    /// How many rows of it.
    pub rows: u64,
    /// Whether any one of the rows would do, such as those that a value appears in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub any_of: bool,
    /// The columns that matter.
    pub columns: Vec<String>,
    /// Of the columns that are asked for, the expression that makes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expressions: Vec<WhyExpression>,
    /// The first of the rows, in the order of `shown`.
    pub sample: Vec<Vec<Option<String>>>,
    /// The columns of the sample.
    pub shown: Vec<String>,
    /// Where these rows are in raw files; empty for what is not read from raw files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<RawRow>,
    /// Rows that were rejected, and would be among these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<RejectedRow>,
    /// What is not followed from here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The tables that it reads these rows from, by their place in the answer.
    pub from: Vec<usize>,
}

/// How a column is made.
#[derive(Debug, Clone, Serialize)]
pub struct WhyExpression {
    pub column: String,
    pub sql: String,
}

/// A row of a raw file.
#[derive(Debug, Clone, Serialize)]
pub struct RawRow {
    pub file: String,
    pub row_number: u64,
    /// 1-based; `None` in files without lines, or if the file is not there any more.
    pub line: Option<u64>,
    /// When it was loaded.
    pub ingestion_ts: String,
    /// As delivered; `None` if the file is not there any more, or has no text.
    pub text: Option<String>,
}

/// A rejected row that has the same values.
#[derive(Debug, Clone, Serialize)]
pub struct RejectedRow {
    pub file: String,
    pub row_number: u64,
    pub line: Option<u64>,
    pub reasons: Vec<String>,
    pub text: String,
}

/// Where the values of rows came from.
#[derive(Debug, Clone, Serialize)]
pub struct Why {
    pub condition: String,
    pub column: Option<String>,
    /// The table that was asked for first, then those that it is made of, each before what it is read from.
    pub tables: Vec<WhyTable>,
    /// Of a question about rows that were loaded in a period: why some that are listed may have had no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncertain: Option<String>,
}
