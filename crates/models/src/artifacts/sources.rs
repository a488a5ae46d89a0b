//! `target/sources.json`: how fresh the sources are, version 3 of dbt's format.

use crate::artifacts::{metadata, write};
use crate::build::outcomes::RunSummary;
use crate::context::Shared;
use ingot_core::error::Result;
use serde_json::{Value as Json, json};
use std::path::Path;

/// Writes the results of `source freshness` to `file`, or to the target folder.
///
/// # Errors
/// The file cannot be written.
pub fn write_sources(
    shared: &Shared,
    results: Vec<Json>,
    summary: &RunSummary,
    file: Option<&Path>,
) -> Result<()> {
    let elapsed: f64 = summary.results.iter().map(|result| result.elapsed.as_secs_f64()).sum();
    let value =
        json!({"metadata": metadata(shared, "sources/v3"), "results": results, "elapsed_time": elapsed});
    let standard = shared.target_folder.join("sources.json");
    write(file.unwrap_or(&standard), &value)
}
