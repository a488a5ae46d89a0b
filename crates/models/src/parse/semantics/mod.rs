//! The semantic layer of a project: semantic models, metrics and saved queries, read from properties files and checked
//! as dbt checks them.

mod checks_of_metrics;
mod checks_of_models;
mod entry_node;
mod found;
pub(super) mod metrics;
mod names;
pub(super) mod resolve;
pub(super) mod saved_queries;
pub(super) mod semantic_models;
pub(super) mod validate;
