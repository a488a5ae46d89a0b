//! What a run leaves in `target/` for other tools, in dbt's published forms.

mod body;
mod catalog;
mod document;
mod manifest_json;
mod run_results;
mod sources;

pub use catalog::write_catalog;
pub use manifest_json::{renew_manifest, write_manifest};
pub use run_results::write_run_results;
pub use sources::write_sources;

use crate::context::Shared;
use crate::context::environment::DBT_VERSION;
use ingot_core::error::Result;
use serde_json::{Value as Json, json};
use std::path::Path;

/// What every artifact says of itself; `schema` is `manifest/v12` or the like.
fn metadata(shared: &Shared, schema: &str) -> Json {
    let variables: serde_json::Map<String, Json> = std::env::vars()
        .filter_map(|(key, value)| Some((key.strip_prefix("DBT_ENV_CUSTOM_ENV_")?.to_owned(), value.into())))
        .collect();
    json!({
        "dbt_schema_version": format!("https://schemas.getdbt.com/dbt/{schema}.json"),
        "dbt_version": DBT_VERSION,
        "generated_at": moment(jiff::Timestamp::now()),
        "invocation_id": shared.invocation_id,
        "invocation_started_at": moment(shared.started),
        "env": variables,
    })
}

/// As dbt writes moments, with six digits after the second: what reads artifacts with Python's `%f` takes no more.
pub fn moment(at: jiff::Timestamp) -> String {
    format!("{at:.6}")
}

/// Writes an object that fits into memory.
fn write(file: &Path, members: &Json) -> Result<()> {
    let mut document = document::Document::create(file)?;
    for (key, value) in members.as_object().into_iter().flatten() {
        document.member(key, value)?;
    }
    document.end().map(drop)
}
