//! The nodes of a project, what depends on what, and the order in which they run.

pub mod dag;
pub mod manifest;
pub mod node;
pub mod node_json;
pub mod schedule;
