//! The audit trail: a line of JSON for each command that changed something, each with the hash of the line before.
//!
//! ```text
//! opening         the entry of a command, from its beginning to its end; commands that were killed
//!   arguments     what was typed, without secrets
//!   who           user and machine
//!   git_commit    the state of the project's repository
//!   binary        the program
//!   versions      the newest version of each table of the lake
//! trail           the files: how a line is added, how lines are read
//!   entry         a line
//! verify          what was changed or taken out since
//! show            entries, for people and programs
//! open_lineage    the same as events of OpenLineage
//! ```

mod arguments;
mod binary;
mod entry;
mod git_commit;
mod open_lineage;
mod opening;
mod show;
mod trail;
mod verify;
mod versions;
mod who;

pub use entry::{Entry, TableChange};
pub use open_lineage::DatasetFacts;
pub use opening::{Opening, Outcome, TableRows, TableVersions, is_kept};
pub use show::{AuditQuery, Audited};
pub use trail::Trail;
pub use verify::{Finding, KnownHead, Verified};
pub use who::host_name;
