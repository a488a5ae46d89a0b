//! From files to a manifest: everything is read, every template rendered once without a database, every
//! reference resolved.
//!
//! [`start::start`] looks for what was kept of an earlier parse, [`parsing::Parsing`] does the work.

mod cache;
mod checks;
mod colors;
mod config_call;
mod configs;
mod contracts;
pub(crate) mod dbt_generic_tests;
mod dbt_unit_tests;
mod describe;
mod exposures;
pub(crate) mod inline;
pub(crate) mod macro_arguments;
mod microbatch;
mod names;
pub(crate) mod operations;
pub(crate) mod parsed;
mod parsing;
mod patches;
mod python_models;
mod references;
mod rendering;
mod semantics;
mod snapshots;
mod source_freshness;
mod source_overrides;
mod sources;
mod sql_files;
mod sql_nodes;
pub(crate) mod start;
pub(crate) mod test_macros;
mod yaml_references;
