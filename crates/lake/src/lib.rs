//! Delta tables on disk: create, read, append, replace, history. Synchronous to its callers; the one
//! home of tokio, and the one place that knows the `deltalake` crate.
//!
//! It knows nothing of feeds, contracts or stages. Rows come and go as Arrow batches of the major
//! version re-exported here, which is `deltalake`'s; DuckDB's Arrow is another major and meets this
//! one on Parquet files only.

mod data_file;
mod delta;
mod durable;
mod hard_links;
mod runtime;
mod statistics;

pub use arrow;
pub use parquet;

pub use data_file::{DataFileWriter, NewFile, Values, hive_folder};
pub use delta::{Changes, CommitDetails, DeltaTable, HistoryEntry, LiveFile, TableDefinition};
pub use durable::make_durable;
pub use hard_links::{Mirrored, mirror};
