//! What a contract states: columns, types, keys, rules, partitions.

use crate::frequency::Frequency;
use crate::privacy::Privacy;
use crate::raw_form::RawForm;
use crate::rules::{Rule, TableRule};
use crate::stewardship::Stewardship;
use crate::value_form::ValueForm;
use std::path::PathBuf;
use std::sync::Arc;

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
    pub row_hash: RowHash,
    pub same_content: SameContent,
    /// For how many hours earlier versions of the table can be read and restored; `None` for ever.
    pub lake_keep_hours: Option<f64>,
    pub freshness: Option<Freshness>,
    /// How often `ingot watch` loads it.
    pub frequency: Frequency,
    pub relationships: Vec<Relationship>,
    /// Who answers for it, and who may have it.
    pub stewardship: Stewardship,
    pub privacy: Privacy,
    /// Rules on the table as it would be after a load.
    pub table_rules: Vec<TableRule>,
    /// Names that queries of rules may use for the table: its own, and its `physicalName`.
    pub query_names: Vec<String>,
    /// What of the contract is not checked, and what was understood in a way that is not obvious.
    pub notes: Vec<String>,
    /// The file with the contract.
    pub file: PathBuf,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub name: String,
    /// The column's name in the files, where it differs (`physicalName`).
    pub physical_name: Option<String>,
    pub data_type: DataType,
    pub description: String,
    pub required: bool,
    /// 1-based place in the primary key.
    pub primary_key: Option<usize>,
    /// Part of the natural key: unique, but not what other feeds refer to.
    pub natural_key: bool,
    /// Holds personal data.
    pub personal: bool,
    pub rules: Vec<Rule>,
    /// How its values are written, if not in the default form of the type.
    pub form: Option<ValueForm>,
}

/// Columns that refer to columns of another table, in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relationship {
    pub columns: Vec<String>,
    pub table: String,
    pub to: Vec<String>,
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
    Decimal {
        precision: u8,
        scale: i8,
    },
    /// Bytes. In files of text they are written in base64.
    Binary,
    /// A time of day. No type of Delta holds one, so it is kept as text `hh:mm:ss`, with a fraction if it has one.
    Time,
    /// Items of one kind; the column describes each of them.
    List(Arc<Column>),
    /// An object with these members.
    Struct(Arc<[Column]>),
    /// An object whose members have any names: the key, and the value.
    Map(Arc<Column>, Arc<Column>),
}

impl DataType {
    /// Whether a value consists of others.
    pub fn is_nested(&self) -> bool {
        matches!(self, Self::List(_) | Self::Struct(_) | Self::Map(..))
    }

    /// What a value consists of: the items of a list, the members of an object, the key and the value of a map.
    pub fn inner(&self) -> Vec<&Column> {
        match self {
            Self::List(item) => vec![item],
            Self::Struct(members) => members.iter().collect(),
            Self::Map(key, value) => vec![key, value],
            _ => Vec::new(),
        }
    }

    /// The type as contracts write it in one word: `dec(12,4)`, `list<str>`, `map<str,object<id:i64>>`.
    pub fn word(&self) -> String {
        match self {
            Self::I32 => "i32".to_owned(),
            Self::I64 => "i64".to_owned(),
            Self::F64 => "f64".to_owned(),
            Self::Str => "str".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Timestamp => "ts".to_owned(),
            Self::Decimal { precision, scale } => format!("dec({precision},{scale})"),
            Self::Binary => "binary".to_owned(),
            Self::Time => "time".to_owned(),
            Self::List(item) => format!("list<{}>", item.data_type.word()),
            Self::Map(key, value) => format!("map<{},{}>", key.data_type.word(), value.data_type.word()),
            Self::Struct(members) => {
                let members: Vec<String> =
                    members.iter().map(|one| format!("{}:{}", one.name, one.data_type.word())).collect();
                format!("object<{}>", members.join(","))
            }
        }
    }
}

impl Column {
    /// The name that files have for it.
    pub fn name_in_files(&self) -> &str {
        self.physical_name.as_deref().unwrap_or(&self.name)
    }

    /// A column of which nothing is known but its name and type.
    pub fn plain(name: &str, data_type: DataType) -> Self {
        Self {
            name: name.to_owned(),
            data_type,
            description: String::new(),
            required: false,
            primary_key: None,
            natural_key: false,
            physical_name: None,
            personal: false,
            rules: Vec::new(),
            form: None,
        }
    }
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

/// What the audit column `src_row_hash` has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowHash {
    /// XXH3-64 of the row's original bytes: 8 bytes that cannot be compressed.
    Xxh3,
    /// There is no such column.
    None,
}

/// What happens to a file that has the content of another file of the table, which is loaded or is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameContent {
    /// It is loaded, with a warning: the contract says nothing.
    Warn,
    /// It is loaded.
    Load,
    /// It is not loaded and counts as done.
    Skip,
    /// It is not loaded and counts as failed.
    Refuse,
}

/// Age of the newest data, in hours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Freshness {
    pub warn_after_hours: f64,
    pub error_after_hours: f64,
}

/// The audit column that a contract can leave out.
pub const ROW_HASH: &str = "src_row_hash";

/// The columns that bronze adds to every table, after the contract's columns and before the
/// partitions. Types: UTC timestamp (µs); path relative to the raw folder, with `/`; XXH3-64 of the row's
/// original bytes as a signed integer; the 1-based number of the row in its source (header not counted).
pub const AUDIT_COLUMNS: [(&str, DataType); 4] = [
    ("ingestion_ts", DataType::Timestamp),
    ("src_filename", DataType::Str),
    (ROW_HASH, DataType::I64),
    ("src_row_number", DataType::I64),
];

impl Contract {
    pub fn column(&self, name: &str) -> Option<(usize, &Column)> {
        self.columns.iter().enumerate().find(|(_, column)| column.name == name)
    }

    /// The column that a name in a file means: its own, or its `physicalName`.
    pub fn column_in_file(&self, name: &str) -> Option<(usize, &Column)> {
        let is_physical = |column: &Column| column.physical_name.as_deref() == Some(name);
        self.column(name).or_else(|| self.columns.iter().enumerate().find(|(_, column)| is_physical(column)))
    }

    /// The name of the column that a name in a file means; a name that the contract does not know stays, without space around it.
    pub fn name_of(&self, in_file: &str) -> String {
        let name = in_file.trim();
        self.column_in_file(name).map_or(name, |(_, column)| &column.name).to_owned()
    }

    /// The columns that rows of files have: those that no path gives.
    pub fn columns_of_rows(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| !self.raw.path_names(&column.name))
    }

    /// Those of [`AUDIT_COLUMNS`] that the table has.
    pub fn audit_columns(&self) -> impl Iterator<Item = (&'static str, &'static DataType)> {
        let has_hash = self.row_hash != RowHash::None;
        AUDIT_COLUMNS
            .iter()
            .filter(move |(name, _)| has_hash || *name != ROW_HASH)
            .map(|(name, data_type)| (*name, data_type))
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
