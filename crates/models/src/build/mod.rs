//! Building nodes: from a plan to relations in the database and an outcome for each node.

mod board;
pub(crate) mod compile;
pub(crate) mod dbt_unit_tests;
pub(crate) mod hooks;
pub(crate) mod materialize;
pub(crate) mod microbatch;
pub(crate) mod outcomes;
pub(crate) mod runner;
mod unit_test_difference;
