//! Contracts: what a feed looks like, stated once in `schemas/<feed>.odcs.yaml` (Open Data Contract
//! Standard v3.1) and asked by everything else. No other file repeats a column list.

mod arrow_schema;
mod contract;
mod odcs;
mod raw_files;
mod raw_form;

pub use contract::{
    AUDIT_COLUMNS, Check, Column, Contract, DataType, Evolution, Freshness, Partition, Rule, Severity,
};
pub use odcs::load_all;
pub use raw_files::{PathValues, RawFile};
pub use raw_form::{CsvForm, Encoding, Format, RawForm};
