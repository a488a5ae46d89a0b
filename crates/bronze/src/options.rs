//! What to load, from where to where.

use crate::bucket::Shard;
use ingot_core::interrupt::Interrupt;
use ingot_lake::Bucket;
use std::path::PathBuf;

/// Raw files of one commit in a bucket, at most, if nothing else is said: the log has about 200 bytes for each.
pub const FILES_PER_COMMIT: usize = 10_000;

/// What to load, from where to where: the settings of a run.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// A folder; the address of `raw_bucket` if there is one.
    pub raw: PathBuf,
    /// A folder; the address of `lake_bucket` if there is one.
    pub lake: PathBuf,
    /// Where raw files are, if that is not a folder.
    pub raw_bucket: Option<Bucket>,
    /// Where the lake is, if that is not a folder.
    pub lake_bucket: Option<Bucket>,
    /// The part of the raw files that is loaded.
    pub shard: Shard,
    /// Raw files of one commit in a bucket, at most.
    pub files_per_commit: usize,
    /// The DuckDB file with the manifest.
    pub manifest: PathBuf,
    /// The folder with the seal of that file, which says that nobody has written to it since the models ran; it is kept, because
    /// a load writes to tables of its own alone. `None`: then the next run of the models looks at all tables.
    pub seal_folder: Option<PathBuf>,
    /// The folder of the contracts.
    pub schemas: PathBuf,
    /// Feeds to load; all if empty.
    pub tables: Vec<String>,
    /// Reads and checks everything, writes nothing.
    pub dry_run: bool,
    /// Threads; one for each core if 0.
    pub jobs: usize,
    /// The share (0 to 1) of a table's rows that may be rejected; above it nothing of the table is loaded. For a followed
    /// table each version is checked on its own.
    pub most_rejects: Option<f64>,
    /// Loads what can be loaded of files of which nearly all rows are rejected, instead of refusing them.
    pub keep_going: bool,
    /// When it is raised, work stops between batches of rows. Tables that are committed by then stay; of the others nothing
    /// is loaded.
    pub interrupt: Interrupt,
}

impl LoadOptions {
    /// All feeds, on all cores, however many rows are rejected, unless it is nearly all rows of a large file.
    pub fn new(raw: PathBuf, lake: PathBuf, manifest: PathBuf, schemas: PathBuf) -> Self {
        Self {
            raw,
            lake,
            raw_bucket: None,
            lake_bucket: None,
            shard: Shard::WHOLE,
            files_per_commit: FILES_PER_COMMIT,
            manifest,
            seal_folder: None,
            schemas,
            tables: Vec::new(),
            dry_run: false,
            jobs: 0,
            most_rejects: None,
            keep_going: false,
            interrupt: Interrupt::default(),
        }
    }
}
