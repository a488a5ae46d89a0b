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
    // As under dbt, ephemeral models have no results of their own, even where they are compiled by themselves.
    let is_ephemeral = |result: &&NodeResult| {
        summary.injected.get(&result.unique_id).is_some_and(|injected| injected.code.is_some())
    };
    let results = summary.results.iter().filter(|result| result.status.is_bad() || !is_ephemeral(result));
    let value = json!({
        "metadata": metadata(invocation, "run-results/v6"),
        "results": results.map(NodeResult::to_json).collect::<Vec<Json>>(),
        "elapsed_time": summary.elapsed.as_secs_f64(),
        "args": invocation.arguments,
    });
    write(&invocation.settings.target_folder.join("run_results.json"), &value)
}
