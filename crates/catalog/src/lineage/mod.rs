//! Column lineage: which columns of which inputs each column of a query is made of.
//!
//! ```text
//! SQL ─DuckDB's own parser (json_serialize_sql)─► tree ─query, tables, expressions─► Traced (columns and their sources)
//! ```
//!
//! The tree is that of the parser that runs the SQL, so every statement that can run can be read. Names are
//! resolved here, with the columns that a check has found for every table.

mod aggregates;
mod expressions;
mod parser;
mod query;
mod scope;
mod sources;
mod tables;
#[cfg(test)]
mod tests;
mod tracer;
mod tree;

pub(crate) use aggregates::is_aggregate;
pub(crate) use parser::Parser;
pub(crate) use query::{reads, trace};
pub use sources::{How, Influence};
pub(crate) use sources::{InputColumn, Use};
pub(crate) use tracer::Input;
pub(crate) use tree::{items, names, text};
