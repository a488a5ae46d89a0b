//! What happens to gold once it is built: people look at it in Power BI.
//!
//! ```text
//! artifacts   what the last run of the models says of its tables: descriptions and references
//! catalog     tables and columns of a schema in a DuckDB file
//! project     a Power BI project of text files
//! ```
//!
//! docs/guide/powerbi.md tells users about it.

mod artifacts;
mod catalog;
pub mod project;
