//! Computes microbatch models: one batch after the other, each replaced by itself.

use crate::build::materialize;
use crate::context::execution::Execution;
use crate::graph::batch::{Batch, BatchResults};
use crate::graph::batches::{batches, parse_time, settings};
use crate::graph::node::Node;
use crate::invocation::Invocation;
use crate::outcomes::{NodeResult, Status};
use crate::relations::relation::Relation;
use ingot_core::error::Error;
use ingot_core::report::Level;
use ingot_engine::Session;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

/// Computes the model's batches, one after the other.
pub(crate) fn run(
    invocation: &Arc<Invocation>,
    run: &Arc<Execution>,
    node: &Arc<Node>,
    session: Box<dyn Session>,
) -> (NodeResult, Option<Box<dyn Session>>) {
    let is_incremental = is_incremental(invocation, run, node);
    let before = invocation.settings.retry_batches.get(&node.unique_id);
    let planned = settings(node).and_then(|settings| {
        let now = jiff::tz::TimeZone::UTC.to_datetime(invocation.started);
        let sample = invocation.settings.sample.map(|(start, end)| (Some(start), Some(end)));
        let wanted = sample.unwrap_or(invocation.settings.event_time);
        let planned = match before {
            Some(before) => before
                .failed
                .iter()
                .filter_map(|(start, end)| Some((parse_time(start)?, parse_time(end)?)))
                .collect(),
            None => {
                batches(&settings, is_incremental, wanted, invocation.settings.batches_until.unwrap_or(now))?
            }
        };
        Ok((settings.size, planned))
    });
    let (size, planned) = match planned {
        Ok(planned) => planned,
        Err(error) => return (materialize::failed(node, &error), Some(session)),
    };
    let mut results = BatchResults::default();
    let mut total: Option<NodeResult> = None;
    let mut session = Some(session);
    let count = planned.len();
    let mut skip = false;
    for (index, (start, end)) in planned.into_iter().enumerate() {
        let pair = (Batch::iso(start), Batch::iso(end));
        let name = size.name(start);
        let own = session.take().filter(|_| !skip && !invocation.settings.interrupt.is_set());
        let Some(own) = own else {
            results.failed.push(pair);
            continue;
        };
        let mut part = (**node).clone();
        let batch = Batch {
            id: name.replace('-', ""),
            name: name.clone(),
            start,
            end,
            incremental: index > 0 || is_incremental,
        };
        if let Some(model) = part.model_mut() {
            model.batch = Some(batch);
        }
        // Hooks run once: before the first batch and after the last.
        for (key, applies) in [("pre-hook", index == 0), ("post-hook", index + 1 == count)] {
            if !applies {
                Arc::make_mut(&mut part.config).insert(key.to_owned(), json!([]));
            }
        }
        let (result, back) = materialize::run(invocation, run, &Arc::new(part), own, false);
        session = back;
        let good = result.status == Status::Success;
        invocation.outbox.say(
            if good { Level::Info } else { Level::Error },
            format!(
                "batch {name} ({} of {count}) of {}: {}",
                index + 1,
                node.name,
                if good { format!("{} rows", result.rows_affected) } else { result.message.clone() }
            ),
        );
        if good {
            results.successful.push(pair)
        } else {
            results.failed.push(pair)
        }
        // Without its first batch there is no table for the others.
        skip |= !good && index == 0;
        total = Some(joined(total, result));
    }
    let Some(mut total) = total else {
        let error = Error::new("the run was stopped before the first batch");
        return (materialize::failed(node, &error), session);
    };
    let (good, bad) = (results.successful.len(), results.failed.len());
    total.status = match (good, bad) {
        (_, 0) => Status::Success,
        (0, _) => Status::Error,
        _ => Status::PartialSuccess,
    };
    if bad > 0 {
        total.message =
            format!("{bad} of {} batches failed; the first of them: {}", good + bad, total.message);
    }
    // As under dbt, the answers and the SQL are those of the batches, not of the model.
    if bad == 0 {
        total.message = "SUCCESS".to_owned();
    }
    total.response = Default::default();
    total.compiled_code = None;
    total.failures = Some(0);
    // Those of the run that is tried again stay done, and say nothing of this run.
    results.successful.extend(before.into_iter().flat_map(|before| before.successful.clone()));
    total.batch_results = Some(results);
    (total, session)
}

/// Adds up times and rows; the first failure's words stay.
fn joined(total: Option<NodeResult>, result: NodeResult) -> NodeResult {
    let Some(total) = total else { return result };
    let (first, elapsed): (bool, Duration) =
        (total.status != Status::Success, total.elapsed + result.elapsed);
    let told =
        if first { (total.message, total.hint) } else { (result.message.clone(), result.hint.clone()) };
    NodeResult {
        status: if first { total.status } else { result.status },
        message: told.0,
        hint: told.1,
        started: total.started,
        elapsed,
        rows_affected: total.rows_affected + result.rows_affected,
        ..result
    }
}

/// Whether there is a table to which batches are added.
fn is_incremental(invocation: &Invocation, run: &Execution, node: &Node) -> bool {
    let wanted = Relation::new(node.dialect, Some(&node.database), Some(&node.schema), Some(&node.alias));
    let full_refresh =
        node.config.get("full_refresh").and_then(Json::as_bool).unwrap_or(invocation.settings.full_refresh);
    !full_refresh
        && !run.rebuilds(&node.unique_id)
        && run.cache.get(&wanted).is_some_and(|relation| relation.is("table"))
}
