//! YAML property files: descriptions, columns, tests and configs of models, seeds, snapshots; sources.

mod entries;
pub(crate) mod property_file;
pub(crate) mod read;
mod unknown_keys;
mod versions;
