//! What a run leaves in `target/` for other tools, in dbt's published forms.

mod body;
mod catalog;
mod document;
mod foreign_keys;
mod graph_summary;
mod manifest_json;
mod run_results;
mod semantic_manifest;
mod sources;

pub(crate) use catalog::write_catalog;
pub(crate) use graph_summary::write_graph_summary;
pub(crate) use manifest_json::{renew_manifest, write_manifest};
pub(crate) use run_results::write_run_results;
pub(crate) use sources::write_sources;

use crate::dbt;
use crate::invocation::Invocation;
use ingot_core::error::Result;
use serde_json::{Value as Json, json};
use std::path::Path;

/// What every artifact says of itself; `schema` is `manifest/v12` or the like.
fn metadata(invocation: &Invocation, schema: &str) -> Json {
    let variables: serde_json::Map<String, Json> = std::env::vars()
        .filter_map(|(key, value)| Some((key.strip_prefix("DBT_ENV_CUSTOM_ENV_")?.to_owned(), value.into())))
        .collect();
    json!({
        "dbt_schema_version": format!("https://schemas.getdbt.com/dbt/{schema}.json"),
        "dbt_version": dbt::VERSION,
        "generated_at": dbt::time(jiff::Timestamp::now()),
        "invocation_id": invocation.id,
        "invocation_started_at": dbt::time(invocation.started),
        "env": variables,
    })
}

/// Writes an object that fits into memory.
fn write(file: &Path, members: &Json) -> Result<()> {
    let mut document = document::Document::create(file)?;
    for (key, value) in members.as_object().into_iter().flatten() {
        document.member(key, value)?;
    }
    document.end().map(drop)
}
