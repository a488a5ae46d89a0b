//! Columns as property files describe them.

use crate::json_values::Object;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A column as the YAML properties describe it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Column {
    pub name: String,
    pub description: String,
    pub data_type: Option<String>,
    pub quote: Option<bool>,
    pub meta: Object,
    pub tags: Vec<String>,
    pub constraints: Vec<Json>,
    /// The docs blocks that its description is made of.
    pub doc_blocks: Vec<String>,
    /// Further keys, as written.
    pub extra: Object,
}
