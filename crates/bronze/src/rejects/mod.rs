//! Rejected rows: collected while files are read, written once per table and run as CSV and as Parquet
//! with equal columns, for a person's eyes and for a program's; read again when they are shown or replayed.

mod files;
mod read;
mod spool;
mod write;

pub use files::{StagedRejects, archive, folder, publish_staged};
pub use read::{KeptReject, edited_texts, keys, paths, read_file};
pub use spool::Spool;
pub use write::write_rejects;

use base64::Engine as _;
use serde::{Deserialize, Serialize};

/// One reason against a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub code: String,
    /// `None` when the row as a whole is meant.
    pub column: Option<String>,
    pub value: Option<String>,
    /// What would have been right.
    pub expected: String,
}

impl Reason {
    /// A reason against the row as a whole.
    pub fn of_row(code: &str, expected: impl Into<String>) -> Self {
        Self { code: code.to_owned(), column: None, value: None, expected: expected.into() }
    }
}

/// Where a row stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// 1-based number of the row; the header is none.
    pub row: u64,
    /// 1-based line on which it begins, in files that have lines.
    pub line: Option<u64>,
    /// Where its first byte is, in files in which it has one.
    pub byte_offset: Option<u64>,
}

/// A row that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    pub file: String,
    pub position: Position,
    /// As it came; bytes that are no UTF-8 are replaced here and kept in `raw_base64`.
    pub raw: String,
    pub raw_base64: Option<String>,
    /// The names of the columns, in the form of the raw text; `None` if the row names them itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    pub reasons: Vec<Reason>,
}

impl Reject {
    pub fn new(file: &str, position: Position, raw: &[u8], reasons: Vec<Reason>) -> Self {
        let (raw, raw_base64) = match std::str::from_utf8(raw) {
            Ok(text) => (text.to_owned(), None),
            Err(_) => (
                String::from_utf8_lossy(raw).into_owned(),
                Some(base64::engine::general_purpose::STANDARD.encode(raw)),
            ),
        };
        Self { file: file.to_owned(), position, raw, raw_base64, header: None, reasons }
    }

    /// The row's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.raw_base64
            .as_deref()
            .and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok())
            .unwrap_or_else(|| self.raw.clone().into_bytes())
    }
}
