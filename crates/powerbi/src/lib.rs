//! Gold for business intelligence, and what stands in its way.
//!
//! ```text
//! publish ──► tested tables of the warehouse, to a file of their own, in one atomic step
//! project ──► a Power BI project of text files that reads them
//! doctor  ──► whether the project, the lake, the warehouse and the published file are well
//!   dbt_manifest    what the project says of its tables (target/manifest.json)
//!   dbt_artifacts   what the last run built and tested (with target/run_results.json)
//!   grants          which roles may read which tables, columns and rows
//!   last_run        whether the last run built and tested everything
//!   warehouse       tables and columns of the warehouse
//!   column_types    which types BI tools read rightly through DuckDB's ODBC driver
//! ```
//!
//! The crate reads what the stages left on disk and names none of them.

mod column_types;
mod dbt_artifacts;
mod dbt_manifest;
pub mod doctor;
mod grants;
mod last_run;
pub mod project;
pub mod publish;
mod warehouse;

pub use last_run::{LastRun, last_run};
