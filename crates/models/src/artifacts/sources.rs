//! `target/sources.json`: how fresh the sources are, version 3 of dbt's format.

use crate::artifacts::{metadata, write};
use crate::invocation::Invocation;
use crate::outcomes::RunSummary;
use ingot_core::error::Result;
use serde_json::{Value as Json, json};
use std::path::Path;

/// Writes the results of `source freshness` to `file`, or to the target folder.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn write_sources(
    invocation: &Invocation,
    results: Vec<Json>,
    summary: &RunSummary,
    file: Option<&Path>,
) -> Result<()> {
    let elapsed: f64 = summary.results.iter().map(|result| result.elapsed.as_secs_f64()).sum();
    let value =
        json!({"metadata": metadata(invocation, "sources/v3"), "results": results, "elapsed_time": elapsed});
    let standard = invocation.settings.target_folder.join("sources.json");
    write(file.unwrap_or(&standard), &value)
}
