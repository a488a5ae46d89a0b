//! `target/run_results.json`: how each node of a run ended, version 6 of dbt's format.

use crate::artifacts::{metadata, write};
use crate::invocation::Invocation;
use crate::outcomes::{NodeResult, RunSummary};
use ingot_core::error::Result;
use serde_json::{Value as Json, json};

/// Writes the results of a run, with the arguments that `retry` asks for.
///
/// # Errors
/// The target folder cannot be written to.
pub(crate) fn write_run_results(invocation: &Invocation, summary: &RunSummary) -> Result<()> {
    let value = json!({
        "metadata": metadata(invocation, "run-results/v6"),
        "results": summary.results.iter().map(NodeResult::to_json).collect::<Vec<Json>>(),
        "elapsed_time": summary.elapsed.as_secs_f64(),
        "args": invocation.arguments,
    });
    write(&invocation.settings.target_folder.join("run_results.json"), &value)
}
