//! The nodes of a project, what depends on what, and the order in which they run.

pub(crate) mod batch;
pub(crate) mod batches;
pub(crate) mod column;
pub(crate) mod dag;
pub(crate) mod function;
pub(crate) mod group;
pub(crate) mod manifest;
pub(crate) mod node;
mod node_json;
pub(crate) mod node_kind;
pub(crate) mod property_entry;
pub(crate) mod resource_type;
pub(crate) mod schedule;
pub(crate) mod semantics;
