//! `target/run_results.json`: how each node of a run ended, version 6 of dbt's format.

use crate::artifacts::{metadata, write};
use crate::build::outcomes::{NodeResult, RunSummary};
use crate::context::Shared;
use ingot_core::error::Result;
use serde_json::{Value as Json, json};

/// Writes the results of a run; `arguments` are those that `retry` and templates may ask for.
///
/// # Errors
/// The target folder cannot be written to.
pub fn write_run_results(shared: &Shared, summary: &RunSummary, arguments: Json) -> Result<()> {
    let value = json!({
        "metadata": metadata(shared, "run-results/v6"),
        "results": summary.results.iter().map(NodeResult::to_json).collect::<Vec<Json>>(),
        "elapsed_time": summary.elapsed.as_secs_f64(),
        "args": arguments,
    });
    write(&shared.target_folder.join("run_results.json"), &value)
}
