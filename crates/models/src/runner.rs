//! Runs a plan: worker threads, each with a session of its own, take what is ready.

use super::context::{RunShared, Shared, lock};
use super::materialize;
use super::nodes::{Node, ResourceType};
use super::results::{NodeResult, Status};
use super::schedule::Plan;
use ingot_core::error::{Error, Result};
use ingot_core::interrupt::Interrupt;
use ingot_core::report::{Event, Level, Reporter};
use ingot_engine::Engine;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// How a run behaves.
pub struct Manner<'a> {
    pub threads: usize,
    pub fail_fast: bool,
    pub only_compile: bool,
    pub interrupt: &'a Interrupt,
}

/// What the workers share.
struct Board {
    ready: BTreeSet<usize>,
    waits_for: Vec<usize>,
    /// The failed node for which this one must not run.
    blocked_by: Vec<Option<String>>,
    left: usize,
    started: usize,
    stop: bool,
    results: Vec<NodeResult>,
    failure: Option<Error>,
}

type Interrupters = Mutex<BTreeMap<usize, Box<dyn Fn() + Send + Sync>>>;

/// Runs all nodes of the plan; gives their results in the order in which they ended.
pub fn run(
    shared: &Arc<Shared>,
    run: &Arc<RunShared>,
    plan: &Plan,
    engine: &dyn Engine,
    reporter: &dyn Reporter,
    manner: &Manner,
) -> Result<Vec<NodeResult>> {
    let total = plan.nodes.len();
    let board = Mutex::new(Board {
        ready: (0..total).filter(|at| plan.waits_for[*at] == 0).collect(),
        waits_for: plan.waits_for.clone(),
        blocked_by: vec![None; total],
        left: total,
        started: 0,
        stop: false,
        results: Vec::with_capacity(total),
        failure: None,
    });
    let changed = Condvar::new();
    let interrupters: Interrupters = Mutex::default();
    let workers = manner.threads.clamp(1, total.max(1));
    let finished = AtomicBool::new(false);
    let ended = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let mut handles = Vec::new();
        for number in 0..workers {
            let (board, changed, interrupters, ended) = (&board, &changed, &interrupters, &ended);
            let worker = move || {
                let outcome = engine.session().map(Some);
                let mut session = match outcome {
                    Ok(session) => session,
                    Err(error) => {
                        let mut board = lock(board);
                        board.stop = true;
                        board.failure.get_or_insert(error);
                        changed.notify_all();
                        return;
                    }
                };
                if let Some(session) = &session {
                    lock(interrupters).insert(number, session.interrupter());
                }
                while let Some((at, order, blocked_by)) = take(board, changed) {
                    let node = &run.manifest.nodes[plan.nodes[at]];
                    let result = match (blocked_by, session.take()) {
                        (None, Some(own)) => {
                            let label = label(node);
                            reporter.report(Event::NodeStarted { index: order, total, label });
                            let (result, back) = materialize::run(
                                shared,
                                run,
                                &Arc::new(node.clone()),
                                own,
                                manner.only_compile,
                            );
                            session = back.or_else(|| engine.session().ok());
                            result
                        }
                        (reason, own) => {
                            session = own.or_else(|| engine.session().ok());
                            let reason = reason.unwrap_or_else(|| "no connection".to_owned());
                            skipped(node, &reason)
                        }
                    };
                    flush(shared, reporter);
                    reporter.report(Event::NodeFinished {
                        // Counted as they end, so that the lines of a parallel run count up.
                        index: ended.fetch_add(1, Ordering::Relaxed) + 1,
                        total,
                        label: label(node),
                        status: result.status.shown(),
                        message: short_message(&result),
                        seconds: result.elapsed.as_secs_f64(),
                    });
                    finish(board, changed, plan, at, result, manner);
                }
            };
            let builder = std::thread::Builder::new()
                .name(format!("Thread-{}", number + 1))
                .stack_size(super::context::environment::STACK_BYTES);
            match builder.spawn_scoped(scope, worker) {
                Ok(handle) => handles.push(handle),
                Err(error) => {
                    lock(board).failure.get_or_insert(Error::new("cannot start a thread").caused_by(error));
                }
            }
        }
        let watch = || {
            while !finished.load(Ordering::Relaxed) {
                flush(shared, reporter);
                if manner.interrupt.is_set() {
                    lock(&board).stop = true;
                    changed.notify_all();
                    for interrupt in lock(&interrupters).values() {
                        interrupt();
                    }
                }
                std::thread::park_timeout(Duration::from_millis(50));
            }
        };
        let watcher = scope.spawn(watch);
        for handle in handles {
            if handle.join().is_err() {
                lock(&board).failure.get_or_insert(Error::defect("a worker thread panicked"));
            }
        }
        finished.store(true, Ordering::Relaxed);
        watcher.thread().unpark();
    });
    let mut board = board.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(error) = board.failure {
        return Err(error);
    }
    // What was never started because the run was stopped.
    if board.stop {
        let done: BTreeSet<String> = board.results.iter().map(|result| result.unique_id.clone()).collect();
        for &index in &plan.nodes {
            let node = &run.manifest.nodes[index];
            if !done.contains(&node.unique_id) {
                board.results.push(skipped(node, "the run was stopped"));
            }
        }
    }
    Ok(board.results)
}

/// The next node that may start, waiting for one if others still run.
fn take(board: &Mutex<Board>, changed: &Condvar) -> Option<(usize, usize, Option<String>)> {
    let mut guard = lock(board);
    loop {
        if guard.stop || guard.left == 0 {
            return None;
        }
        if let Some(at) = guard.ready.pop_first() {
            guard.started += 1;
            return Some((at, guard.started, guard.blocked_by[at].clone()));
        }
        guard = changed.wait(guard).unwrap_or_else(std::sync::PoisonError::into_inner);
    }
}

fn finish(
    board: &Mutex<Board>,
    changed: &Condvar,
    plan: &Plan,
    at: usize,
    result: NodeResult,
    manner: &Manner,
) {
    let mut guard = lock(board);
    guard.left -= 1;
    let blocks = result.status.is_bad() || result.status == Status::Skipped;
    for &next in &plan.unblocks[at] {
        if blocks && guard.blocked_by[next].is_none() {
            guard.blocked_by[next] = Some(match result.status {
                Status::Skipped => result.message.clone(),
                _ => format!(
                    "{} {}",
                    result.name,
                    if result.status == Status::Fail { "failed" } else { "has an error" }
                ),
            });
        }
        guard.waits_for[next] -= 1;
        if guard.waits_for[next] == 0 {
            guard.ready.insert(next);
        }
    }
    if manner.fail_fast && result.status.is_bad() {
        guard.stop = true;
    }
    guard.results.push(result);
    drop(guard);
    changed.notify_all();
}

fn skipped(node: &Node, reason: &str) -> NodeResult {
    NodeResult::new(node, Status::Skipped, reason.to_owned(), Duration::ZERO, None)
}

/// `table silver.orders`, `test unique_orders_id`.
pub fn label(node: &Node) -> String {
    match node.resource_type {
        ResourceType::Model => format!("{} {}.{}", node.materialized(), node.schema, node.alias),
        ResourceType::Seed | ResourceType::Snapshot => {
            format!("{} {}.{}", node.resource_type.name(), node.schema, node.alias)
        }
        ResourceType::UnitTest => {
            let model = node.unit_test.as_ref().map(|test| test.model.as_str()).unwrap_or_default();
            format!("unit test {model}::{}", node.alias)
        }
        other => format!("{} {}", other.name(), node.name),
    }
}

/// What fits on the node's line; errors are told in full at the end.
fn short_message(result: &NodeResult) -> String {
    match result.status {
        Status::Error | Status::PartialSuccess => {
            result.message.lines().next().unwrap_or_default().to_owned()
        }
        Status::Success if result.rows_affected > 0 => format!("{} rows", result.rows_affected),
        Status::Success => String::new(),
        Status::Pass => String::new(),
        _ => result.message.lines().next().unwrap_or_default().trim_end_matches(':').to_owned(),
    }
}

/// Hands what templates logged to the report.
pub fn flush(shared: &Shared, reporter: &dyn Reporter) {
    let events = std::mem::take(&mut *lock(&shared.outbox));
    for event in events {
        reporter.report(event);
    }
}

/// Tells every failure again, in full, with what to do.
pub fn tell_failures(results: &[NodeResult], reporter: &dyn Reporter) {
    for result in results.iter().filter(|result| result.status.is_bad() || result.status == Status::Warn) {
        let level = if result.status == Status::Warn { Level::Warning } else { Level::Error };
        let word = match result.status {
            Status::Warn => "warning in",
            Status::Fail => "failure in",
            _ => "error in",
        };
        let hint = result.hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
        let text = format!("{word} {} {}: {}{hint}", result.resource_type, result.name, result.message);
        reporter.report(Event::Message { level, text });
    }
}
