//! YAML property files: descriptions, columns, tests and configs of models, seeds, snapshots; sources.

mod entries;
mod functions;
mod moments;
pub(crate) mod property_file;
pub(crate) mod read;
mod semantics;
mod time_spine;
mod unknown_keys;
mod versions;
