//! What a published version is: the content of its manifest.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A version, as its manifest (`ID.json`, and beside the published file) describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// When it was made, UTC, such as `20260131T101500123Z`. Later versions sort behind earlier ones.
    pub id: String,
    /// The same moment, ISO 8601.
    pub published_at: String,
    /// The name of the file that BI tools open.
    pub file: String,
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
    /// `invocation_id` of the run of the models that tested the tables.
    pub run_id: String,
    pub run_ended_at: String,
    pub ingot_version: String,
    /// The role whose grants decided what is in it; without one it has all tables that were selected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    pub tables: Vec<PublishedTable>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedTable {
    pub schema: String,
    pub name: String,
    pub rows: u64,
    /// Columns whose type in the warehouse BI tools would misread, and the type with the same values that they have here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub narrowed: BTreeMap<String, String>,
    /// What the role's grants keep back.
    #[serde(default, skip_serializing_if = "KeptBack::is_nothing")]
    pub kept_back: KeptBack,
}

/// What a role does not see of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBack {
    /// Columns that are not in the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Of those, columns that hold personal data and that no grant names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub personal: Vec<String>,
    /// Columns with other values in their place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<String>,
    /// The condition that its rows meet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_filter: Option<String>,
}

impl KeptBack {
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Publication {
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}
