//! Reads contracts: YAML files of the Open Data Contract Standard v3
//! (<https://bitol-io.github.io/open-data-contract-standard/>).
//!
//! docs/reference/contracts.md lists what is read, and what the standard leaves to the reader. The path of a file:
//!
//! ```text
//! load           the contracts of a folder, and of one file
//!   described      each object of the schema: a feed, or why there is nothing to load
//!     table          its columns, partitions, rules and freshness
//!       column         its name, keys and rules
//!         data_type      physicalType and logicalType
//!         nested_type    what lists, objects and maps consist of
//!         options        logicalTypeOptions → rules on values
//!       table_settings custom properties of the table: what is kept, and what happens to unknown columns
//!       quality        quality → rules on rows and on the table
//!       relationships  what refers to what
//!       raw_form       the server with the raw files
//!       stewardship    who answers for the feed, and who may have it
//! ```

mod column;
mod data_type;
mod described;
mod load;
mod nested_type;
mod options;
mod pattern;
mod privacy;
mod quality;
mod raw_form;
mod reader;
mod relationships;
mod stewardship;
mod table;
mod table_place;
mod table_settings;
mod value_form;

pub use described::Described;
pub use load::{contract_files, contracts_in, is_contract_text, load_all, read_all, read_file, read_text};
pub(crate) use raw_form::server_properties;
pub(crate) use table_settings::table_properties;
pub(crate) use value_form::names as column_properties;
