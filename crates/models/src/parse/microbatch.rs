//! What is said of microbatch models when a project is parsed.

use crate::graph::batches::{self, is_microbatch};
use crate::graph::node::Node;
use crate::invocation::{CUSTOM_IN_BATCHES, Invocation};
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::Result;
use serde_json::{Value as Json, json};
use std::collections::HashMap;

/// The config of a model that is computed batch by batch.
///
/// # Errors
/// `event_time`, `begin` or `batch_size` are missing or not understood.
pub(super) fn check(invocation: &Invocation, node: &Node) -> Result<()> {
    if is_microbatch(node) && invocation.uses_batches() {
        batches::settings(node)?;
    }
    Ok(())
}

/// What is worth a warning.
pub(super) fn warnings(invocation: &Invocation, nodes: &[Node]) -> Vec<Warning> {
    let mut models = nodes.iter().filter(|node| is_microbatch(node)).peekable();
    let Some(first) = models.peek() else { return Vec::new() };
    if !invocation.uses_batches() {
        return vec![outside_of_batches(first)];
    }
    let inputs: HashMap<&str, &Node> = nodes.iter().map(|node| (node.unique_id.as_str(), node)).collect();
    let has_time = |id: &String| {
        inputs.get(id.as_str()).is_some_and(|input| {
            input.config.get("event_time").and_then(Json::as_str).is_some_and(|column| !column.is_empty())
        })
    };
    models.filter(|node| !node.depends_on.iter().any(has_time)).map(reads_everything).collect()
}

/// A strategy of the project's own, which dbt runs without batches unless the project asks for them.
fn outside_of_batches(node: &Node) -> Warning {
    let text = format!(
        "the macro 'get_incremental_microbatch_sql' is not dbt's, so '{}' runs once and not batch by batch; for \
         batches set `flags: {{{CUSTOM_IN_BATCHES}: true}}` in dbt_project.yml",
        node.name
    );
    let words = format!(
        "The use of a custom microbatch macro outside of batched execution is deprecated. To use it with batched \
         execution, set `flags.{CUSTOM_IN_BATCHES}` to `True` in `dbt_project.yml`. In the future this will be the \
         default behavior."
    );
    let kind = WarningKind::MicrobatchMacroOutsideOfBatchesDeprecation;
    Warning::new(kind, text).in_dbts_words(words)
}

fn reads_everything(node: &Node) -> Warning {
    let text = format!(
        "each batch of the microbatch model '{}' reads all rows: none of its inputs has the config 'event_time' ({})",
        node.name, node.original_file_path
    );
    let words = format!(
        "The microbatch model '{}' has no 'ref' or 'source' input with an 'event_time' configuration. \nThis means no \
         filtering can be applied and can result in unexpected duplicate records in the resulting microbatch model.",
        node.name
    );
    let kind = WarningKind::MicrobatchModelNoEventTimeInputs;
    Warning::new(kind, text).with(json!({"model_name": node.name})).in_dbts_words(words)
}
