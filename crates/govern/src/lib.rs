//! Governance of a project: who changed what, and how everything stood at a moment.
//!
//! ```text
//! audit       the trail of what commands changed: written, shown, verified, exported
//! erase       people out of every file of a project, and the proof
//! retain      what is older than contracts keep it
//! domain      a team with its folder of models, group, contracts and roles
//! environment dev, test and prod, and how a tested state goes from one to the next
//! restated    which figures changed between two moments, and by which rows
//! query       one SELECT over all tables, as they are or as they were at a moment
//! ```
//!
//! docs/guide/governance tells users about it.

mod audit;
mod domain;
mod environment;
mod erase;
mod layer;
mod query;
mod restated;
mod retain;

pub use audit::{
    AuditQuery, Audited, DatasetFacts, Entry, Finding, KnownHead, Opening, Outcome, TableChange, TableRows,
    TableVersions, Trail, Verified, host_name, is_kept,
};
pub use domain::{Domain, DomainEdit, DomainOptions, UnityTable, add_domain, group_owner, unity_catalog};
pub use environment::{
    Environment, Promotion, State, StateChecks, add_environment, complete_promotion, environments, promote,
    refresh_links,
};
pub use erase::{
    EraseOptions, ErasedPlace, ErasedPlaces, ErasedProject, Erasure, LeftPlace, SearchOptions, SearchedFile,
    erase, search,
};
pub use query::{FileForm, Query, QueryOptions};
pub use restated::{Restated, RestatedOptions, RestatedRow, restated};
pub use retain::{OldLogs, Reader, old_logs, readers};
