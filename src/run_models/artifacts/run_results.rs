//! `target/run_results.json`: how each node of a run ended, version 6 of dbt's format.

use super::{metadata, moment, write};
use crate::error::Result;
use crate::run_models::context::Shared;
use crate::run_models::results::{NodeResult, RunSummary};
use serde_json::{Value as Json, json};

/// Writes the results of a run; `arguments` are those that `retry` and templates may ask for.
///
/// # Errors
/// The target folder cannot be written to.
pub fn write_run_results(shared: &Shared, summary: &RunSummary, arguments: Json) -> Result<()> {
    let value = json!({
        "metadata": metadata(shared, "run-results/v6"),
        "results": summary.results.iter().map(entry).collect::<Vec<Json>>(),
        "elapsed_time": summary.elapsed.as_secs_f64(),
        "args": arguments,
    });
    write(&shared.target_folder.join("run_results.json"), &value)
}

fn entry(result: &NodeResult) -> Json {
    json!({
        "status": result.status.name(),
        "timing": [{
            "name": "execute", "started_at": moment(result.started), "completed_at": moment(result.ended()),
        }],
        "thread_id": result.thread,
        "execution_time": result.elapsed.as_secs_f64(),
        "adapter_response": {"_message": "OK", "rows_affected": result.rows_affected},
        "message": result.message,
        "failures": result.failures,
        "unique_id": result.unique_id,
        "compiled": result.compiled_code.is_some(),
        "compiled_code": result.compiled_code,
        "relation_name": result.relation_name,
        "batch_results": result.batch_results.as_ref().map(|batches| batches.to_json()),
    })
}
