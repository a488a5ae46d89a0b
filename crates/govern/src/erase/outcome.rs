//! What an erasure found and did, without a value of the people: for the terminal, for programs, and as the certificate of the
//! audit trail.

use serde::{Deserialize, Serialize};

/// What an erasure found, or did.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Erasure {
    /// Names the erasure in the audit trail and in the log of the lake's tables.
    pub id: String,
    /// The environment; `None` for the project itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    pub contract: String,
    pub people: usize,
    pub reason: Option<String>,
    /// When it began, in UTC.
    pub started: String,
    pub places: Vec<ErasedPlace>,
    /// What was found and is not changed.
    pub left: Vec<LeftPlace>,
}

/// A table or file with rows of the people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedPlace {
    /// `raw`, `rejects`, `bronze`, `warehouse`, `lake copy`, `published`, `file`.
    pub kind: String,
    /// `gold.fct_sales`, or the path of a file in the project.
    pub place: String,
    /// Rows that are deleted, or lose the person; in files of text, occurrences.
    pub rows: u64,
    /// Files that are written again.
    pub files: u64,
    /// `deleted`, `masked`, `deleted and masked`.
    pub action: String,
    /// Versions of a table of the lake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// A place that has something of the people and stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftPlace {
    pub place: String,
    pub rows: u64,
    pub why: String,
}
