//! A project for inferred feeds: contracts, sources, staging models with tests, and the files that dbt wants. A person goes on
//! from there.

mod dbt_files;
mod staging;
mod write;

pub use write::{NewProject, init_from};
