//! What is said of one row of a raw file: where it is, why it is rejected, and its hash.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Where a row is in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// 1-based number of the row; a header does not count.
    pub row: u64,
    /// 1-based line on which the row begins, in files that have lines.
    pub line: Option<u64>,
    /// Offset of the row's first byte in the expanded file, in formats in which it has one.
    pub byte_offset: Option<u64>,
}

/// One reason against a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A code of docs/reference/reject-codes.md, or a rule's own.
    pub code: String,
    /// `None` when the row as a whole is meant.
    pub column: Option<String>,
    pub value: Option<String>,
    /// What would have been right.
    pub expected: String,
}

impl Reason {
    /// A reason against the row as a whole.
    pub(crate) fn of_row(code: &str, expected: impl Into<String>) -> Self {
        Self { code: code.to_owned(), column: None, value: None, expected: expected.into() }
    }

    /// The row's bytes are not text.
    pub(crate) fn not_utf8() -> Self {
        Self::of_row("NOT_UTF8", "text in UTF-8; or set `encoding` in the contract to that of the file")
    }
}

/// The `src_row_hash` of a row that comes as text: XXH3-64 of its bytes.
pub(crate) fn row_hash(raw: &[u8]) -> i64 {
    xxh3_64(raw) as i64
}
