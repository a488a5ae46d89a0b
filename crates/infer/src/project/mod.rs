//! A project for inferred feeds: contracts, sources, staging models with tests, and the files that dbt wants. A person goes on
//! from there.

mod dbt_files;
mod from_contracts;
mod generated;
mod staging;
mod star;
mod write;

pub use from_contracts::{Kind, write_from_contracts};
pub use generated::{GeneratedFile, Written};
pub use star::Star;
pub use write::{NewProject, init_from};
