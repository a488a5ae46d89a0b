//! What differs between two editions of contracts, and for whom a difference is breaking.
//!
//! A change is breaking for **writers** if a file that was accepted, and whose columns the old contract names, may be
//! refused or lose rows under the new one. It is breaking for **readers** if a query of the table may fail or mean
//! something else. What ingot reads of a contract is compared as it is understood (`feeds`, `columns`, `rules`, `raw`),
//! so that another spelling of the same is no change; everything else as it is written (`documents`).

mod change;
mod columns;
mod compare;
mod documents;
mod edition;
mod feeds;
mod raw;
mod rules;
mod shown;

pub use change::{Change, Verdict};
pub use compare::diff;
pub use edition::Edition;
pub use shown::{json, markdown, table};
