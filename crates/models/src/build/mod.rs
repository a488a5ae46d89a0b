//! Building nodes: from a plan to relations in the database and an outcome for each node.

pub mod compile;
pub mod dbt_unit_tests;
pub mod hooks;
pub mod materialize;
pub mod microbatch;
pub mod outcomes;
pub mod runner;
mod unit_test_difference;
