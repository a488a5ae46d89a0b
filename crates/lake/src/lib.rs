//! Delta tables on disk: create, read, append, replace, history; and their data files shown as plain Parquet. Delta tables in a
//! bucket of an object store, to which is added (`bucket`).
//! Synchronous to its callers; the one place that knows the `deltalake` crate, and the home of its tokio runtime.
//!
//! Given fixed ids, names and times ([`TableDefinition`], [`CommitDetails`], [`NewFile`]), equal calls write
//! equal bytes, as long as a table has at most one partition column.
//!
//! The crate knows nothing of feeds, contracts or stages. Rows come and go as Arrow batches of the major
//! version re-exported here, which is `deltalake`'s; DuckDB's Arrow is another major and meets this
//! one on Parquet files only.

mod actions;
mod bucket;
mod commit;
mod commit_info;
mod create;
mod data_file;
mod delta_table;
mod file_damage;
mod file_hash;
mod file_stamp;
mod lake_table;
mod log_cleanup;
mod log_copies;
mod moments;
mod no_rows;
mod opened_tables;
mod parquet_side;
mod restore;
mod rewrite_history;
mod row_group;
mod rows_left;
mod runtime;
mod statistics;
mod table_view;
mod unfinished_commits;
mod vacuum;
mod verified_files;
mod version_changes;
mod writer_lock;

pub use arrow;
pub use parquet;

pub use bucket::{
    Attempt, Bucket, BucketTable, Fetch, Fetched, LoggedCommit, Object, ObjectChunks, is_bucket_address,
};
pub use commit::Changes;
pub use commit_info::{CommitDetails, HistoryEntry};
pub use create::{CHECKPOINT_INTERVAL, TableDefinition};
pub use data_file::{DataFileWriter, NewFile, Values, hive_folder};
pub use delta_table::{DeltaTable, LiveFile};
pub use file_damage::FileDamage;
pub use file_hash::hash_of_file;
pub use file_stamp::FileStamp;
pub use lake_table::LakeTable;
pub use log_copies::{LogDamage, forget_log_copies, log_damage, repair_log};
pub use no_rows::NO_ROWS;
pub use parquet_side::{Mirrored, MirroredFile, NextSide, mirror};
pub use restore::{RESTORED_VERSION, Restored};
pub use rewrite_history::{
    ReplacedFile, log_files, renew_last_checkpoint, replace_log_file, rewrite_commits,
};
pub use row_group::SpareThreads;
pub use rows_left::{ERASED, MEMORY, ROWS_LEFT, UNDONE, takes_rows_out};
pub use table_view::{DeletedRows, TableView};
pub use unfinished_commits::clear_unfinished_commits;
pub use vacuum::{Removal, RemovedFiles, vacuum_files};
pub use verified_files::{VerifiedFiles, Verify};
pub use version_changes::{ChangedFile, VersionChanges};
pub use writer_lock::{lock_bronze, lock_tables};
