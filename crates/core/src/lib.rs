//! What every part of ingot stands on: errors that say what, where and what next; events and who shows
//! them; the paths of a project; YAML as PyYAML reads it; dates as numbers; names of partition folders; files, folders and
//! locks.

pub mod civil;
pub mod error;
pub mod fs;
pub mod hive;
pub mod interrupt;
pub mod project;
pub mod report;
pub mod sync;
pub mod yaml;
