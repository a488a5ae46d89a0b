//! Delta tables on disk: create, read, append, replace, history; and their data files shown as plain Parquet.
//! Synchronous to its callers; the one home of tokio, and the one place that knows the `deltalake` crate.
//!
//! Given fixed ids, names and times ([`TableDefinition`], [`CommitDetails`], [`NewFile`]), equal calls write
//! equal bytes, as long as a table has at most one partition column.
//!
//! The crate knows nothing of feeds, contracts or stages. Rows come and go as Arrow batches of the major
//! version re-exported here, which is `deltalake`'s; DuckDB's Arrow is another major and meets this
//! one on Parquet files only.

mod actions;
mod commit;
mod commit_info;
mod create;
mod data_file;
mod delta_table;
mod parquet_side;
mod runtime;
mod statistics;
mod table_view;

pub use arrow;
pub use parquet;

pub use commit::Changes;
pub use commit_info::{CommitDetails, HistoryEntry};
pub use create::TableDefinition;
pub use data_file::{DataFileWriter, NewFile, Values, hive_folder};
pub use delta_table::{DeltaTable, LiveFile};
pub use parquet_side::{Mirrored, mirror};
pub use table_view::{DeletedRows, TableView};
