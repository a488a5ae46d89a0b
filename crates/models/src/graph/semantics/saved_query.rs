//! Saved queries: metrics and what they are grouped by, under a name.

use crate::graph::semantics::given::WhereFilters;
use crate::graph::semantics::words::ExportAs;
use crate::json_values::Object;
use serde::{Deserialize, Serialize};

/// A saved query, beside what all nodes have.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedQuery {
    pub query_params: QueryParams,
    #[serde(default)]
    pub exports: Vec<Export>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub label: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct QueryParams {
    pub metrics: Vec<String>,
    pub group_by: Vec<String>,
    #[serde(rename = "where")]
    pub filter: Option<WhereFilters>,
    pub order_by: Vec<String>,
    pub limit: Option<i64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Export {
    pub name: String,
    /// As written until the export is given its place: see [`ExportConfig`].
    #[serde(default)]
    pub config: Object,
    #[serde(default)]
    pub unrendered_config: Object,
}

/// Where an export is to be written.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ExportConfig {
    pub export_as: ExportAs,
    pub schema_name: Option<String>,
    pub alias: Option<String>,
    pub database: Option<String>,
}
