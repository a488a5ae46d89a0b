//! Runs a plan: worker threads, each with a session of its own, take what is ready.

use crate::build::board::{Board, Task};
use crate::build::run_node::run_node;
use crate::connection::Connection;
use crate::context::environment::STACK_BYTES;
use crate::context::execution::Execution;
use crate::context::trace;
use crate::dbt_log;
use crate::graph::manifest::Manifest;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::graph::schedule::Plan;
use crate::invocation::Invocation;
use crate::outcomes::{NodeResult, Status};
use crate::unchanged::knowledge::Knowledge;
use ingot_core::error::{Error, Result};
use ingot_core::report::{Event, Level, Reporter};
use ingot_core::sync::lock;
use ingot_engine::{Engine, Session};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How often the watcher looks for messages and for an interruption.
const WATCH_EVERY: Duration = Duration::from_millis(50);

/// How a run behaves.
pub(crate) struct RunnerOptions {
    pub(crate) threads: usize,
    pub(crate) fail_fast: bool,
    pub(crate) only_compile: bool,
}

/// Stops the statements of all workers.
type Interrupters = Mutex<BTreeMap<usize, Box<dyn Fn() + Send + Sync>>>;

/// One run of a plan.
pub(crate) struct Runner<'a> {
    pub(crate) invocation: &'a Arc<Invocation>,
    pub(crate) execution: &'a Arc<Execution>,
    pub(crate) plan: &'a Plan,
    pub(crate) engine: &'a dyn Engine,
    pub(crate) reporter: &'a dyn Reporter,
    /// What earlier runs know; without it all nodes run.
    pub(crate) knowledge: Option<&'a Knowledge<'a>>,
    pub(crate) options: RunnerOptions,
}

impl Runner<'_> {
    /// Runs all nodes of the plan; gives their results in the order in which they ended.
    ///
    /// # Errors
    /// No session can be opened, or a thread cannot be started. A node that fails is a result.
    pub(crate) fn run(&self) -> Result<Vec<NodeResult>> {
        let board = Board::new(self.plan, self.options.fail_fast);
        let interrupters = Interrupters::default();
        let ended = AtomicUsize::new(0);
        let watcher = Watcher {
            invocation: self.invocation,
            reporter: self.reporter,
            board: &board,
            interrupters: &interrupters,
            is_done: AtomicBool::new(false),
        };
        std::thread::scope(|scope| {
            let mut handles = Vec::new();
            for number in 0..self.options.threads.clamp(1, self.plan.nodes.len().max(1)) {
                let worker =
                    Worker { number, run: self, board: &board, interrupters: &interrupters, ended: &ended };
                let builder = std::thread::Builder::new()
                    .name(format!("Thread-{}", number + 1))
                    .stack_size(STACK_BYTES);
                match builder.spawn_scoped(scope, move || worker.work()) {
                    Ok(handle) => handles.push(handle),
                    Err(error) => board.fail(Error::new("cannot start a thread").caused_by(error)),
                }
            }
            let watching = scope.spawn(|| watcher.watch());
            for handle in handles {
                if handle.join().is_err() {
                    board.fail(Error::defect("a worker thread panicked"));
                }
            }
            watcher.is_done.store(true, Ordering::Relaxed);
            watching.thread().unpark();
        });
        let ended = board.into_ended()?;
        let mut results = ended.results;
        if ended.stopped {
            results.extend(self.never_started(&results));
        }
        Ok(results)
    }

    fn node(&self, at: usize) -> &Node {
        &self.execution.manifest.nodes[self.plan.nodes[at]]
    }

    fn never_started(&self, results: &[NodeResult]) -> Vec<NodeResult> {
        let done: BTreeSet<&str> = results.iter().map(|result| result.unique_id.as_str()).collect();
        (0..self.plan.nodes.len())
            .map(|at| self.node(at))
            .filter(|node| !done.contains(node.unique_id.as_str()))
            .map(|node| skipped(node, "the run was stopped"))
            .collect()
    }
}

/// One thread that takes nodes from the board, with the one session that it runs them on.
struct Worker<'a> {
    number: usize,
    run: &'a Runner<'a>,
    board: &'a Board<'a>,
    interrupters: &'a Interrupters,
    /// Counted as nodes end, so that the lines of a parallel run count up.
    ended: &'a AtomicUsize,
}

impl Worker<'_> {
    fn work(&self) {
        let mut session = match self.run.engine.session() {
            Ok(session) => Some(session),
            Err(error) => return self.board.fail(error),
        };
        if let Some(session) = &session {
            lock(self.interrupters).insert(self.number, session.interrupter());
        }
        while let Some(task) = self.board.take() {
            let (result, back) = self.run_node(&task, session.take());
            session = self.replaced(back);
            if result.unchanged {
                self.run.reporter.report(Event::NodeUnchanged {
                    index: self.ended.fetch_add(1, Ordering::Relaxed) + 1,
                    total: self.run.plan.nodes.len(),
                    label: label(self.run.node(task.at)),
                });
            } else {
                self.report(self.run.node(task.at), &result);
            }
            self.board.finish(task.at, result);
        }
    }

    /// The session that came back from a node, or another if none did.
    fn replaced(&self, back: Option<Box<dyn Session>>) -> Option<Box<dyn Session>> {
        back.or_else(|| self.run.engine.session().ok())
    }

    fn run_node(
        &self,
        task: &Task,
        session: Option<Box<dyn Session>>,
    ) -> (NodeResult, Option<Box<dyn Session>>) {
        let run = self.run;
        let node = run.node(task.at);
        match (&task.blocked_by, session) {
            (None, Some(session)) => {
                let session = match self.if_unchanged(task, session) {
                    (Some(result), session) => return (result, session),
                    (None, Some(session)) => session,
                    (None, None) => return (skipped(node, "no connection"), None),
                };
                let total = run.plan.nodes.len();
                let data = dbt_log::started(node, run.invocation.settings.logs_data);
                let index = task.number;
                run.reporter.report(Event::NodeStarted { index, total, label: label(node), data });
                let node = Arc::new(node.clone());
                self.run_and_remember(task, &node, session)
            }
            (Some(reason), session) => (skipped(node, reason), session),
            (None, None) => (skipped(node, "no connection"), None),
        }
    }

    /// The result of a node that need not run.
    fn if_unchanged(
        &self,
        task: &Task,
        session: Box<dyn Session>,
    ) -> (Option<NodeResult>, Option<Box<dyn Session>>) {
        let Some(knowledge) = self.run.knowledge else { return (None, Some(session)) };
        let mut connection = Connection::new(session);
        let result = knowledge.unchanged(self.run.plan.nodes[task.at], &mut connection);
        (result, connection.into_session())
    }

    fn run_and_remember(
        &self,
        task: &Task,
        node: &Arc<Node>,
        session: Box<dyn Session>,
    ) -> (NodeResult, Option<Box<dyn Session>>) {
        let run = self.run;
        let only_compile = run.options.only_compile;
        let Some(knowledge) = run.knowledge else {
            return run_node(run.invocation, run.execution, node, session, only_compile);
        };
        trace::begin();
        let (result, session) = run_node(run.invocation, run.execution, node, session, only_compile);
        let trace = trace::take();
        let Some(session) = self.replaced(session) else { return (result, None) };
        let mut connection = Connection::new(session);
        knowledge.remember(run.plan.nodes[task.at], trace, &result, &mut connection);
        (result, connection.into_session())
    }

    fn report(&self, node: &Node, result: &NodeResult) {
        let in_full = self.run.invocation.settings.logs_data;
        self.run.invocation.outbox.flush(self.run.reporter);
        self.run.reporter.report(Event::NodeFinished {
            index: self.ended.fetch_add(1, Ordering::Relaxed) + 1,
            total: self.run.plan.nodes.len(),
            label: label(node),
            status: result.status.shown(),
            message: short_message(result),
            seconds: result.elapsed.as_secs_f64(),
            data: dbt_log::finished(&self.run.execution.manifest, node, result, in_full),
        });
    }
}

/// Reports what templates say while nodes run, and stops the run when it is interrupted.
struct Watcher<'a> {
    invocation: &'a Invocation,
    reporter: &'a dyn Reporter,
    board: &'a Board<'a>,
    interrupters: &'a Interrupters,
    is_done: AtomicBool,
}

impl Watcher<'_> {
    fn watch(&self) {
        while !self.is_done.load(Ordering::Relaxed) {
            self.look();
            std::thread::park_timeout(WATCH_EVERY);
        }
    }

    fn look(&self) {
        self.invocation.outbox.flush(self.reporter);
        if self.invocation.settings.interrupt.is_set() {
            self.board.stop();
            for interrupt in lock(self.interrupters).values() {
                interrupt();
            }
        }
    }
}

fn skipped(node: &Node, reason: &str) -> NodeResult {
    NodeResult::new(node, Status::Skipped, reason.to_owned(), Duration::ZERO, None)
}

/// `table silver.orders`, `test unique_orders_id`.
pub(crate) fn label(node: &Node) -> String {
    match node.resource_type() {
        ResourceType::Model => format!("{} {}.{}", node.materialized(), node.schema, node.alias),
        ResourceType::Seed | ResourceType::Snapshot => {
            format!("{} {}.{}", node.resource_type().name(), node.schema, node.alias)
        }
        ResourceType::UnitTest => {
            let model = node.unit_test().map(|test| test.model.as_str()).unwrap_or_default();
            format!("unit test {model}::{}", node.alias)
        }
        other => format!("{} {}", other.name(), node.name),
    }
}

/// What fits on the node's line; errors are reported in full at the end.
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

/// Tells every failure again, in full, with what to do.
pub(crate) fn tell_failures(results: &[NodeResult], manifest: &Manifest, reporter: &dyn Reporter) {
    for result in results.iter().filter(|result| result.status.is_bad() || result.status == Status::Warn) {
        let (name, level, word) = match result.status {
            Status::Warn => ("RunResultWarning", Level::Warning, "warning in"),
            Status::Fail => ("RunResultFailure", Level::Error, "failure in"),
            _ => ("RunResultError", Level::Error, "error in"),
        };
        let hint = result.hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
        let text = format!("{word} {} {}: {}{hint}", result.resource_type, result.name, result.message);
        let data = dbt_log::failed(manifest, result);
        reporter.report(Event::Named { name: name.to_owned(), level, text, data });
    }
}
