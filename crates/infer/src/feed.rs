//! Feeds that were inferred, and what they were inferred from.

use crate::decision::Decision;
use ingot_contract::RawForm;
use std::path::PathBuf;

/// What to look at.
#[derive(Debug, Clone, Default)]
pub struct InferOptions {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// The raw folder, to which paths in contracts are relative; found from `paths` if not given.
    pub root: Option<PathBuf>,
    /// The name of the feed, if there is only one.
    pub table: Option<String>,
    /// Rows of each file that are looked at; all if not given.
    pub sample: Option<u64>,
}

/// What was found.
#[derive(Debug)]
pub struct Inferred {
    pub root: PathBuf,
    pub feeds: Vec<Feed>,
    /// Files that are in no feed, and why.
    pub passed_over: Vec<(PathBuf, String)>,
}

/// A feed, as a contract describes it.
#[derive(Debug)]
pub struct Feed {
    pub name: String,
    /// With the path.
    pub form: RawForm,
    pub columns: Vec<Decision>,
    /// Index of the column that is the key.
    pub primary_key: Option<usize>,
    /// Indexes of the columns that are the key together, if no column is it alone; else empty.
    pub composite_key: Vec<usize>,
    pub references: Vec<Reference>,
    pub rows: u64,
    pub files: usize,
    /// Whether only the first rows of each file were looked at.
    pub is_sampled: bool,
    /// Whole sentences about the form of the files.
    pub reasons: Vec<String>,
    /// What of the form of the files was guessed, or leaves something out: whole sentences that a person should look at.
    pub notes: Vec<String>,
    /// Rows that will be rejected, and the first of them.
    pub bad_rows: u64,
    pub bad: Vec<String>,
}

impl Feed {
    /// The indexes of the columns of the key, in their order.
    pub fn key(&self) -> Vec<usize> {
        self.primary_key.map_or_else(|| self.composite_key.clone(), |key| vec![key])
    }

    /// The key as people read it: `order_id, line`; empty if there is none.
    pub fn key_text(&self) -> String {
        let names: Vec<&str> =
            self.key().into_iter().map(|key| self.columns[key].column.name.as_str()).collect();
        names.join(", ")
    }
}

/// A column whose values are all keys of another feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Index of the column.
    pub column: usize,
    /// The other feed, and its key.
    pub feed: String,
    pub key: String,
}
