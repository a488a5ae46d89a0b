//! Building nodes: from a plan to relations in the database and an outcome for each node.

mod board;
pub(crate) mod compile;
pub(crate) mod ctes;
mod dbt_unit_tests;
mod explain;
pub(crate) mod hooks;
mod materialize;
mod microbatch;
pub(crate) mod output_files;
pub(crate) mod run_node;
pub(crate) mod runner;
mod unit_test_difference;
