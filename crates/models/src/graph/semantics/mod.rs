//! Semantic models, metrics and saved queries: what the semantic layer is made of, in the form of dbt's manifest.
//! <https://github.com/dbt-labs/dbt-core/tree/main/core/dbt/artifacts/resources/v1>

pub(crate) mod given;
pub(crate) mod metric;
pub(crate) mod node_json;
pub(crate) mod saved_query;
pub(crate) mod semantic_model;
pub(crate) mod time_spine;
pub(crate) mod words;
