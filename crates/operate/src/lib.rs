//! Looking after the tables of a lake, day after day: bronze, silver and gold alike.
//!
//! ```text
//! tables     which tables a lake has, and the right to write to them
//! as_of      a version, or a moment, as a person writes it
//! history    who changed a table, when, and by how much
//! show       rows of a table as of a version
//! diff       rows that differ between two versions
//! restore    an earlier version again
//! optimize   many small files as few large ones
//! vacuum     files that no kept version needs
//! runs       the history of runs; past_runs: the same, for pages
//! quality    what runs measured of the quality of tables, over time
//! check      files that are missing, damaged or superfluous
//!   relation   a version of a table, as SQL
//!   rows       results for people and programs
//!   history_file   what a run leaves for later questions
//! ```
//!
//! Everything is done on the Delta log; the Parquet side follows it. The crate knows nothing of raw files, contracts or
//! models. docs/guide/lake.md tells users about it.

mod as_of;
mod check;
mod diff;
mod history;
mod history_file;
mod optimize;
mod past_runs;
mod quality;
mod relation;
mod restore;
mod rows;
mod runs;
mod show;
mod tables;
mod vacuum;

pub use as_of::AsOf;
pub use check::{Checked, Finding, check, check_warehouse};
pub use diff::{DiffOptions, Difference, diff};
pub use history::{History, history};
pub use ingot_lake::LakeTable;
pub use optimize::{OptimizeOptions, Optimized, optimize};
pub use past_runs::{PastPart, PastRun, past_runs};
pub use quality::{
    AuditedMeasure, CheckKind, Measure, Quality, QualityQuery, Standing, Thresholds, audited_measures,
    quality,
};
pub use relation::Reader;
pub use restore::{Restoration, restore};
pub use rows::Listing;
pub use runs::{AuditedRun, RunPart, RunRecord, RunsView, audited_runs, record_run, runs};
pub use show::{ShowOptions, show};
pub use tables::{all_tables, lock_all_tables, tables};
pub use vacuum::{VacuumOptions, Vacuumed, vacuum};
