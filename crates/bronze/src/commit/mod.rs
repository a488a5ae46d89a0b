//! One commit of a bronze table.
//!
//! `publish` is the heart: the order of steps from rows that were read to a table that everybody sees, and what a kill
//! between two of them leaves. `delta_commit` enters the commit into the Delta log, with a `commit_record` that remembers
//! which files were read; `loaded_files` reads these records back; `load_manifest` keeps them in DuckDB for people; `heal`
//! puts right what a killed run left, and `old_versions` says how long the log goes back. `run` is what the tables of one run share, `table_paths` where a table is.

mod commit_record;
mod delta_commit;
mod heal;
mod load_manifest;
mod loaded_files;
mod old_versions;
mod publish;
mod run;
mod table_paths;

pub(crate) use commit_record::{CommitRecord, Delivery, Processed, Replayed};
pub(crate) use delta_commit::definition;
pub(crate) use heal::{OpenTable, clean_up, open_and_heal};
pub(crate) use load_manifest::ManifestRow;
pub use load_manifest::manifest_columns;
pub(crate) use loaded_files::LoadedFiles;
pub(crate) use publish::{PreparedCommit, Rewritten, check_conservation, check_reject_rate, publish};
pub(crate) use run::{Run, loader_threads};
pub(crate) use table_paths::TablePaths;
