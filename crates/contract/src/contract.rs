//! What a contract states: columns, types, keys, rules, partitions.

use crate::raw_form::RawForm;
use std::path::PathBuf;

/// One feed: its columns, keys, rules, raw form and place in the lake.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    /// The feed, which is also the table's name in the lake: `orders_header`.
    pub name: String,
    pub version: String,
    pub description: String,
    pub columns: Vec<Column>,
    pub raw: RawForm,
    /// How the table is partitioned in the lake, outermost first.
    pub partitions: Vec<Partition>,
    pub evolution: Evolution,
    pub freshness: Option<Freshness>,
    /// The file with the contract.
    pub file: PathBuf,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub name: String,
    pub data_type: DataType,
    pub description: String,
    pub required: bool,
    /// 1-based place in the primary key.
    pub primary_key: Option<usize>,
    /// Part of the natural key: unique, but not what other feeds refer to.
    pub natural_key: bool,
    /// `(feed, column)` that this column refers to.
    pub references: Option<(String, String)>,
    /// Holds personal data.
    pub personal: bool,
    pub rules: Vec<Rule>,
}

/// The types a contract knows. `Timestamp` is microseconds, UTC once in bronze.
#[derive(Debug, Clone, PartialEq)]
pub enum DataType {
    I32,
    I64,
    F64,
    Str,
    Bool,
    Date,
    Timestamp,
    Decimal { precision: u8, scale: i8 },
}

/// A partition of the lake table. Its value is read from the raw file's path.
#[derive(Debug, Clone, PartialEq)]
pub struct Partition {
    pub name: String,
    /// `Date`, `I64` or `Str`.
    pub data_type: DataType,
}

/// What happens to a column in a file that the contract does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evolution {
    /// It is added to the table.
    Evolve,
    /// The file is refused.
    Freeze,
    /// It is left out, and reported.
    Discard,
}

/// Age of the newest data, in hours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Freshness {
    pub warn_after_hours: f64,
    pub error_after_hours: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The reason code of a reject or a finding.
    pub code: String,
    pub check: Check,
    pub severity: Severity,
    pub description: String,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// Each JSON envelope has these members, and they are not null.
    JsonMembers(Vec<String>),
    /// Bounds are inclusive.
    Range {
        min: Option<f64>,
        max: Option<f64>,
    },
    AcceptedValues(Vec<String>),
    /// A regular expression that the whole value must match.
    Pattern(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Rejects the row at bronze.
    Error,
    /// Lets the row through, to be tested in silver.
    Warning,
}

/// The columns that bronze adds to every table, after the contract's columns and before the
/// partitions. Types: UTC timestamp (µs); path relative to the raw folder, with `/`; XXH3-64 of the row's
/// original bytes as a signed integer; the 1-based number of the row in its source (header not counted).
pub const AUDIT_COLUMNS: [(&str, DataType); 4] = [
    ("ingestion_ts", DataType::Timestamp),
    ("src_filename", DataType::Str),
    ("src_row_hash", DataType::I64),
    ("src_row_number", DataType::I64),
];

impl Contract {
    pub fn column(&self, name: &str) -> Option<(usize, &Column)> {
        self.columns.iter().enumerate().find(|(_, column)| column.name == name)
    }

    /// The primary key's columns in their order; empty if there is none.
    pub fn primary_key(&self) -> Vec<&Column> {
        let mut key: Vec<_> = self.columns.iter().filter(|column| column.primary_key.is_some()).collect();
        key.sort_by_key(|column| column.primary_key);
        key
    }

    /// Partitions that are not also columns of the rows.
    pub fn path_only_partitions(&self) -> impl Iterator<Item = &Partition> {
        self.partitions.iter().filter(|partition| self.column(&partition.name).is_none())
    }
}
