//! Runs one node: at once, or batch by batch.

use crate::build::{materialize, microbatch};
use crate::context::execution::Execution;
use crate::graph::batches::is_microbatch;
use crate::graph::node::Node;
use crate::invocation::Invocation;
use crate::outcomes::NodeResult;
use ingot_engine::Session;
use std::sync::Arc;

/// Runs the node on the session, which is given back.
pub(crate) fn run_node(
    invocation: &Arc<Invocation>,
    run: &Arc<Execution>,
    node: &Arc<Node>,
    session: Box<dyn Session>,
    only_compile: bool,
) -> (NodeResult, Option<Box<dyn Session>>) {
    if !only_compile && is_microbatch(node) && invocation.uses_batches() {
        return microbatch::run(invocation, run, node, session);
    }
    materialize::run(invocation, run, node, session, only_compile)
}
