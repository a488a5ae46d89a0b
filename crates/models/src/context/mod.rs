//! What templates see: names of dbt, macros, and the node that is being rendered.
//!
//! One [`node_context::NodeContext`] lives for one node and one phase. The functions behind the names are static;
//! they find the context again through the interpreter's state.

mod adapter;
mod adapter_calls;
mod adapter_options;
mod behavior;
pub(crate) mod config;
pub(crate) mod environment;
mod exceptions;
pub(crate) mod execution;
mod functions;
mod globals;
pub(crate) mod inputs;
pub(crate) mod node_context;
mod python_functions;
mod python_job;
mod query_comment;
pub(crate) mod references;
mod secrets;
mod seed_rows;
mod semantics;
pub(crate) mod statement_log;
pub(crate) mod trace;
pub(crate) mod unit_test;
pub(crate) mod variables;
mod yaml_markers;
