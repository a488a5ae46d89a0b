//! The nodes of a project, what depends on what, and the order in which they run.

pub(crate) mod batch;
pub(crate) mod batches;
pub(crate) mod dag;
pub(crate) mod manifest;
pub(crate) mod node;
mod node_json;
pub(crate) mod schedule;
