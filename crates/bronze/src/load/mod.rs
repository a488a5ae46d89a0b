//! Loads what is new in the raw folder.
//!
//! `load_tables` has a thread for each table. `load_table` loads one table of files: a `plan` says which files are new
//! (`known_files` remembers those that need not be read for that) and which belong together, a `table_loader` reads each
//! group of them (`later_rows` decides whether a file is hopeless), `read_groups` puts together what they gave, and
//! `commit::publish` makes the result true. (A feed that is itself a Delta table is followed instead: see `follow`.)

mod known_files;
mod later_rows;
mod load_table;
mod load_tables;
mod plan;
mod read_groups;
mod same_content;
mod table_loader;
mod unknown_files;
mod untouched;

pub(crate) use known_files::{KnownFiles, settled_stamp};
pub(crate) use load_table::load_groups;
pub use load_tables::load_files;
pub(crate) use load_tables::{STAGE, feed_summary, in_threads, load_round, report};
pub(crate) use plan::{Group, group_files};
pub(crate) use read_groups::{ReadGroups, columns_after};
pub(crate) use table_loader::TableLoader;
pub(crate) use unknown_files::warn_of_unknown_files;
