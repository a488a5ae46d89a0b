//! What the workers of a run share: which nodes are ready, which wait, and how the others ended.

use crate::graph::schedule::Plan;
use crate::outcomes::{NodeResult, Status};
use ingot_core::error::{Error, Result};
use ingot_core::sync::lock;
use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, PoisonError};

/// The board, on which workers look for nodes and write down results.
pub(super) struct Board<'a> {
    plan: &'a Plan,
    fail_fast: bool,
    inner: Mutex<Inner>,
    changed: Condvar,
}

/// Nodes are identified by their place in the plan.
struct Inner {
    ready: BTreeSet<usize>,
    /// How many others each node still waits for.
    waits_for: Vec<usize>,
    /// Why this one must not run: the node before it that failed or was skipped.
    blocked_by: Vec<Option<String>>,
    left: usize,
    started: usize,
    stopped: bool,
    results: Vec<NodeResult>,
    failure: Option<Error>,
}

/// A node for a worker.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Task {
    /// The node's place in the plan.
    pub(super) at: usize,
    /// Its number among the nodes that were started, from 1.
    pub(super) number: usize,
    /// The reason for which it is skipped.
    pub(super) blocked_by: Option<String>,
}

/// How a run came to its end.
pub(super) struct Ended {
    /// In the order in which the nodes ended.
    pub(super) results: Vec<NodeResult>,
    /// Whether nodes may be left that were never started.
    pub(super) stopped: bool,
}

impl<'a> Board<'a> {
    pub(super) fn new(plan: &'a Plan, fail_fast: bool) -> Self {
        let total = plan.nodes.len();
        let inner = Inner {
            ready: (0..total).filter(|at| plan.waits_for[*at] == 0).collect(),
            waits_for: plan.waits_for.clone(),
            blocked_by: vec![None; total],
            left: total,
            started: 0,
            stopped: false,
            results: Vec::with_capacity(total),
            failure: None,
        };
        Self { plan, fail_fast, inner: Mutex::new(inner), changed: Condvar::new() }
    }

    /// The next node that may start, waiting for one while others run; `None` when there are no more.
    pub(super) fn take(&self) -> Option<Task> {
        let mut inner = lock(&self.inner);
        loop {
            if inner.stopped || inner.left == 0 {
                return None;
            }
            if let Some(at) = inner.ready.pop_first() {
                inner.started += 1;
                return Some(Task { at, number: inner.started, blocked_by: inner.blocked_by[at].clone() });
            }
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Writes down how a node ended, and lets those start that waited for it alone.
    pub(super) fn finish(&self, at: usize, result: NodeResult) {
        let mut inner = lock(&self.inner);
        inner.left -= 1;
        let reason = blocking_reason(&result);
        for &next in &self.plan.unblocks[at] {
            if inner.blocked_by[next].is_none() {
                inner.blocked_by[next].clone_from(&reason);
            }
            inner.waits_for[next] -= 1;
            if inner.waits_for[next] == 0 {
                inner.ready.insert(next);
            }
        }
        if self.fail_fast && result.status.is_bad() {
            inner.stopped = true;
        }
        inner.results.push(result);
        drop(inner);
        self.changed.notify_all();
    }

    /// Nothing more is started.
    pub(super) fn stop(&self) {
        lock(&self.inner).stopped = true;
        self.changed.notify_all();
    }

    /// Stops the run because of something that is not the fault of a node. The first such error is kept.
    pub(super) fn fail(&self, error: Error) {
        lock(&self.inner).failure.get_or_insert(error);
        self.stop();
    }

    /// How the run ended, once all workers are done.
    ///
    /// # Errors
    /// That of [`Board::fail`].
    pub(super) fn into_ended(self) -> Result<Ended> {
        let inner = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        match inner.failure {
            Some(error) => Err(error),
            None => Ok(Ended { results: inner.results, stopped: inner.stopped }),
        }
    }
}

/// Why those that wait for a node must not run; a node that was skipped passes on its own reason.
fn blocking_reason(result: &NodeResult) -> Option<String> {
    match result.status {
        Status::Skipped => Some(result.message.clone()),
        Status::Fail => Some(format!("{} failed", result.name)),
        status if status.is_bad() => Some(format!("{} has an error", result.name)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::node::Node;
    use crate::graph::resource_type::ResourceType;
    use ingot_engine::Dialect;
    use std::time::Duration;

    /// Two roots, 0 and 1; 2 waits for both, 3 for 2.
    fn plan() -> Plan {
        Plan {
            nodes: vec![10, 11, 12, 13],
            waits_for: vec![0, 0, 2, 1],
            unblocks: vec![vec![2], vec![2], vec![3], vec![]],
        }
    }

    fn result(name: &str, status: Status) -> NodeResult {
        let node = Node::new(Dialect::DuckDb, ResourceType::Model, "p", name);
        NodeResult::new(&node, status, String::new(), Duration::ZERO, None)
    }

    #[test]
    fn nodes_start_when_all_they_wait_for_have_ended() {
        let plan = plan();
        let board = Board::new(&plan, false);
        let first = board.take().unwrap();
        assert_eq!((first.at, first.number), (0, 1));
        board.finish(0, result("a", Status::Success));
        assert_eq!(board.take().unwrap().at, 1);
        board.finish(1, result("b", Status::Success));
        assert_eq!(board.take().unwrap(), Task { at: 2, number: 3, blocked_by: None });
    }

    #[test]
    fn a_failure_reaches_all_that_come_after() {
        let plan = plan();
        let board = Board::new(&plan, false);
        board.finish(board.take().unwrap().at, result("a", Status::Error));
        board.finish(board.take().unwrap().at, result("b", Status::Success));
        let task = board.take().unwrap();
        assert_eq!(task.blocked_by.as_deref(), Some("a has an error"));
        let skipped = NodeResult { message: "a has an error".to_owned(), ..result("c", Status::Skipped) };
        board.finish(task.at, skipped);
        assert_eq!(board.take().unwrap().blocked_by.as_deref(), Some("a has an error"));
    }

    #[test]
    fn failing_fast_starts_nothing_more() {
        let plan = plan();
        let board = Board::new(&plan, true);
        board.finish(board.take().unwrap().at, result("a", Status::Fail));
        assert_eq!(board.take(), None);
        let ended = board.into_ended().unwrap();
        assert!(ended.stopped && ended.results.len() == 1);
    }

    #[test]
    fn an_error_of_the_run_is_its_outcome() {
        let plan = plan();
        let board = Board::new(&plan, false);
        board.fail(Error::new("first"));
        board.fail(Error::new("second"));
        assert_eq!(board.take(), None);
        assert_eq!(
            board.into_ended().err().map(|error| error.message().to_owned()).as_deref(),
            Some("first")
        );
    }
}
