//! The typed plan: every node bound against empty tables of its inputs' types, without data and before a run.
//!
//! ```text
//! run ─► input_types (sources, seeds) ─► bind (one node: compile, describe) ─► rules (contracts, keys, tests)
//!       ─► functions, semantics (metrics: the SQL of a question)
//!          kept (what the last check found, by content)   session (who answers a template's questions)
//!          explain (the engine's words, at the line as written)   typed_project (the result)
//! ```

mod bind;
mod explain;
mod functions;
mod input_types;
mod kept;
mod ownership;
pub(crate) mod plan;
mod project_macros;
mod rules;
mod run;
mod semantics;
mod session;
mod typed_node;
pub(crate) mod typed_project;
mod yaml_lines;

pub use run::check;
