//! Rules on a table as a whole (`rowCount`, `duplicateValues`, `sql` and the other metrics with their thresholds), measured
//! in DuckDB on the table as it would be after a commit.
//!
//! `next_table` makes the table's future files one view, `measures` turns rules into SQL, `check` compares what was measured
//! with what the contract demands. When they run is in commit/publish.rs: before anything is visible.

mod check;
mod measures;
mod next_table;

pub use check::RuleResult;
pub(crate) use check::{Found, check_table_rules};
