//! Loads what is new in the raw folder.
//!
//! `load_tables` is the entry, with a thread for each table. `load_table` loads one table of files: a `plan` says which
//! files are new (`known_files` remembers those that need not be read for that) and which belong together, a `table_loader` reads each group of them (`later_rows` decides whether
//! a file is hopeless), and `commit::publish` makes the
//! result true. (A feed that is itself a Delta table is followed instead: see `follow`.)

mod known_files;
mod later_rows;
mod load_table;
mod load_tables;
mod plan;
mod same_content;
mod table_loader;
mod unknown_files;

pub use load_tables::{load, load_files};
pub(crate) use plan::Group;
pub(crate) use table_loader::TableLoader;
