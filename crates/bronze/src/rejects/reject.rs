//! A rejected row.

use crate::row::{Position, Reason};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

/// A row that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reject {
    pub(crate) file: String,
    pub(crate) position: Position,
    /// The row as it came; bytes that are not valid UTF-8 are replaced here, and then all bytes are in `raw_base64`.
    pub(crate) raw: String,
    pub(crate) raw_base64: Option<String>,
    /// The names of the columns, in the form of the raw text; `None` if the row names its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) header: Option<String>,
    pub(crate) reasons: Vec<Reason>,
}

impl Reject {
    pub(crate) fn new(file: &str, position: Position, raw: &[u8], reasons: Vec<Reason>) -> Self {
        let (raw, raw_base64) = match std::str::from_utf8(raw) {
            Ok(text) => (text.to_owned(), None),
            Err(_) => (String::from_utf8_lossy(raw).into_owned(), Some(BASE64.encode(raw))),
        };
        Self { file: file.to_owned(), position, raw, raw_base64, header: None, reasons }
    }

    /// The row's bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.raw_base64
            .as_deref()
            .and_then(|text| BASE64.decode(text).ok())
            .unwrap_or_else(|| self.raw.clone().into_bytes())
    }
}
