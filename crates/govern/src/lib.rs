//! Governance of a project: who changed what, and how everything stood at a moment.
//!
//! ```text
//! audit    the trail of what commands changed: written, shown, verified, exported
//! restated which figures changed between two moments, and by which rows
//! query    one SELECT over all tables, as they are or as they were at a moment
//! ```
//!
//! docs/guide/governance tells users about it.

mod audit;
mod layer;
mod query;
mod restated;

pub use audit::{
    AuditQuery, Audited, DatasetFacts, Entry, Finding, KnownHead, Opening, Outcome, TableChange, TableRows,
    TableVersions, Trail, Verified, host_name, is_kept,
};
pub use query::{FileForm, Query, QueryOptions};
pub use restated::{Restated, RestatedOptions, RestatedRow, restated};
