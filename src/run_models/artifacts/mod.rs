//! What a run leaves in `target/` for other tools, in dbt's published forms.

mod body;
mod catalog;
mod document;
mod manifest;
mod run_results;
mod sources;

pub use catalog::write_catalog;
pub use manifest::{renew_manifest, write_manifest};
pub use run_results::write_run_results;
pub use sources::write_sources;

use super::context::Shared;
use super::context::environment::DBT_VERSION;
use crate::error::{Context, Result};
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

/// Written beside and renamed, so that a reader never sees half of it.
fn write(file: &Path, value: &Json) -> Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).doing_to("creating the folder", folder)?;
    }
    let beside = file.with_extension("json.tmp");
    let out = std::fs::File::create(&beside).doing_to("writing", &beside)?;
    let mut out = std::io::BufWriter::with_capacity(1 << 20, out);
    serde_json::to_writer(&mut out, value).doing_to("writing", &beside)?;
    std::io::Write::flush(&mut out).doing_to("writing", &beside)?;
    std::fs::rename(&beside, file).doing_to("writing", file)
}
