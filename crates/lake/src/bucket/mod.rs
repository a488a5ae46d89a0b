//! A lake, or raw files, in a bucket of an object store: Amazon S3 and what speaks its protocol, Azure Blob Storage, Google Cloud
//! Storage.
//!
//! `address` reads `s3://bucket/prefix`, `objects` lists, reads and writes, `refusals` says what a store's answer means and what to
//! do about it, `bucket_table` is a Delta table there, and `object_chunks` reads parts of a Parquet file.
//!
//! Nothing here knows the tables of a folder (`delta_table`): those are changed under a lock, with a Parquet side and copies of
//! their log, none of which a bucket has. What both share is what a commit consists of (`actions`, `commit_info`) and how data
//! files are written (`data_file`).

mod address;
mod bucket_table;
mod object_chunks;
mod objects;
mod refusals;

pub use address::is_bucket_address;
pub use bucket_table::{Attempt, BucketTable, LoggedCommit};
pub use object_chunks::ObjectChunks;
pub use objects::{Bucket, Fetch, Fetched, Object};
