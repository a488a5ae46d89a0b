//! Columns that come and go.
//!
//! To the rest of the load a column that was added by a file is a column like any other: it works with the contract as
//! written plus such columns after its own (`contract_columns`). When a file brings a new one, the file is read again
//! once the column is known. `growth` computes the table's new columns, `schema_change` remembers and tells what happened.

mod contract_columns;
mod growth;
mod schema_change;

pub(crate) use contract_columns::{contract_type, effective_contract, extended_by_files, extended_by_schema};
pub(crate) use growth::grown_schema;
pub use schema_change::{Change, SchemaChange};
pub(crate) use schema_change::{SchemaChanges, warn_of};
