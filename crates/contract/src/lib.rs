//! Contracts: what a feed looks like, stated once in `schemas/<feed>.odcs.yaml` (Open Data Contract
//! Standard v3) and asked by everything else. No other file repeats a column list.

mod arrow_schema;
mod contract;
mod date_pattern;
pub mod diff;
mod frequency;
mod odcs;
mod path_pattern;
mod privacy;
mod raw_files;
mod raw_form;
mod record_path;
mod rules;
pub mod standard;
mod stewardship;
mod table_place;
mod value_form;

pub use arrow_schema::NAME_IN_FILES;
pub use contract::{
    AUDIT_COLUMNS, Column, Contract, DataType, Evolution, Freshness, Partition, ROW_HASH, Relationship,
    RowHash, SameContent,
};
pub use date_pattern::{DatePattern, Field, PatternItem};
pub use frequency::{Frequency, FrequencyUnit};
pub use odcs::{
    Described, contract_files, contracts_in, is_contract_text, load_all, read_all, read_file, read_text,
};
pub use path_pattern::{DIGITS, literal_path, path_fits};
pub use privacy::{Erasure, PersonMember, Privacy, Retention};
pub use raw_files::{PathValues, RawFile};
pub use raw_form::{CsvForm, Encoding, Format, RawForm, WideCsvForm};
pub use record_path::{PathStep, RecordPath};
pub use rules::{Bound, Check, Condition, Measure, Rule, Severity, TableRule, TextFormat};
pub use stewardship::{AccessRole, ServerPlace, Stewardship, TeamMember};
pub use table_place::{CellRange, TablePlace};
pub use value_form::{
    BooleanWords, LocalTime, MomentForm, NumberForm, Percent, UnclearTimes, ValueForm, time_zone,
};
