//! Raw files to the bronze lake: read, checked against their contracts, accepted or rejected row by row, committed once per
//! table, and remembered.
//!
//! The path of a row is the order of the folders:
//!
//! ```text
//! read/        raw files → rows; a file for each format, no contract
//! check/       a row against the contract: its columns, types and rules
//! intake       takes each row: checks it, and hands it on as accepted or rejected
//!   part_intake  takes big files in parts, on several threads
//!   rejects/     rejected rows, with their reasons
//!   write/       accepted rows, as Parquet data files
//! evolution/   columns that come and go
//! retype/      a table whose contract gives columns other types
//! table_rules/ what the contract demands of the table as a whole
//! commit/      the moment at which a load becomes true, and all that follows from it (commit/publish.rs)
//! load_new     the entry: from folders or buckets to a folder or a bucket
//! load/        what is new in the raw folder, table by table
//! bucket/      the same for a lake, or raw files, in a bucket of an object store, by many loaders at once
//! follow/      feeds that are themselves Delta tables, version by version
//! recover/     damaged data files read again from raw, deliveries taken back
//! replay/      corrected rejects, loaded after all
//! erase/       people who are erased: from raw files, rejects and the log's record, and kept out afterwards
//! status/      looking without changing
//! ```
//!
//! [`inspect`] reads raw files for those who have no contract yet, [`delivered_rows`] single rows as they were delivered.
//!
//! [`load`], [`load_files`], [`replay`], [`status`] and [`open_rejects`] are the entries. docs/guide/bronze.md tells users about them,
//! docs/reference/reject-codes.md lists the rules and codes, docs/concepts/architecture.md what a kill leaves.

mod bucket;
mod check;
mod commit;
mod erase;
mod evolution;
mod feeds;
mod follow;
mod hopeless;
pub mod inspect;
mod intake;
mod load;
mod load_new;
mod options;
mod part_intake;
mod path_values;
mod raw_rows;
mod read;
mod read_error;
mod recover;
mod rejects;
mod replay;
mod retype;
mod row;
mod run_stamp;
mod status;
mod summary;
mod table_rules;
mod text_table;
mod write;

pub use bucket::{BucketStatus, Shard, bucket_status};
pub use commit::manifest_columns;
pub use erase::{
    DeliveryChanges, ERASURE, KeptOut, RawContent, RawPlace, RejectErasure, Suppression, WantedColumn,
    WantedRows, change_record, erase_raw_files, erase_rejects, find_in_raw_file, raw_hash,
    refuse_during_erasure,
};
pub use evolution::{Change, SchemaChange};
pub use feeds::{RAW_DATA, contracts_to_load, has_table};
pub use ingot_lake::{Bucket, is_bucket_address};
pub use load::load_files;
pub use load_new::load;
pub use options::{FILES_PER_COMMIT, LoadOptions};
pub use raw_rows::{DeliveredRow, RejectedRow, delivered_rows, rejected_rows};
pub use recover::{Expired, ReloadTerms, Reloaded, Undone, expire, reload, restore_manifest, undo};
pub use rejects::{ReasonCount, ReasonKey, RejectCounts, Sample, correct_reject};
pub use replay::{ReplaySummary, ReplayedFile, replay};
pub use row::Position;
pub use status::{
    BronzeStatus, ContractStatus, Fit, Fresh, OpenReject, OpenRejects, RejectQuery, TableStatus, contracts,
    fit_json, fit_table, fits, open_rejects, status,
};
pub use summary::{FileStatus, FileSummary, LoadSummary, TableSummary};
pub use table_rules::RuleResult;
pub use write::{DELETED_AT, IS_DELETED};
