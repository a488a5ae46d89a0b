//! What pages show, as plain values: gathered once, from what is on disk.
//!
//! ```text
//! gather ─► nodes (tables, metrics, measures, pages, exposures; tests beside them), links, contracts, macros
//!           history (runs, and what they did to each node), quality, rejects
//!           samples (rows, only of columns without personal data)
//! ```

mod contracts;
mod gather;
mod history;
mod links;
mod nodes;
mod quality;
mod redact;
mod rejects;
mod samples;
mod tests_of;
mod warehouse;

pub use gather::{Facts, Origin};

pub(crate) use contracts::ContractFacts;
pub(crate) use nodes::{NodeFacts, NodeLink};
pub(crate) use tests_of::TestFacts;
