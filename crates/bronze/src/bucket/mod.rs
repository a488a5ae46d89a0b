//! Loading into a lake in a bucket, by any number of loaders at once, and from raw files in one.
//!
//! What a row goes through is the same as in a folder: reading, checks and the encoding of data files (`load::TableLoader`). What
//! differs is how a load becomes true, because nobody can lock a bucket, link files in it or rename them:
//!
//! 1. `raw_listing` lists the raw files of the loader's `shard` and leaves out those that the table's `memory` knows.
//! 2. `table_load` takes the others in batches. A batch is fetched and read into a private folder (`staging`); its data files are
//!    sent, and its rejects staged (`staged_rejects`).
//! 3. The commit is **one conditional put** of the next file of the Delta log, with the batch's raw files in it (`CommitRecord`). Of
//!    all loaders that try for a version one wins. The others read what it loaded, give up those of their files that are among it,
//!    and try again.
//! 4. The rejects are published, and now and then a checkpoint and a block of the memory (`memory_blocks`) are written.
//!
//! Killed before step 3, a loader leaves objects that no commit names. After step 3 everything is loaded, and what is left of step 4
//! is done by whoever loads next. The log is the only record: all that is kept beside it can be made from it again.

mod into_folder;
mod load;
mod loaded_content;
mod memory;
mod memory_blocks;
mod raw_listing;
mod shard;
mod staged_rejects;
mod staging;
mod status;
mod table_load;

pub(crate) use into_folder::load_from_bucket;
pub(crate) use load::load_into_bucket;
pub use shard::Shard;
pub use status::{BucketStatus, bucket_status};
