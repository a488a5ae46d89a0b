//! The quality of tables over time: what loads and runs measured, how each table stands, and how that has changed.
//!
//! `measure` is one check of one table in one run; `record` keeps them, a Parquet file for each run; `over_time` answers
//! how tables stand; `plot` draws it.

mod measure;
mod of_runs;
mod over_time;
mod plot;
mod record;

pub use measure::{CheckKind, Measure, Standing, Thresholds};
pub use of_runs::{AuditedMeasure, audited_measures};
pub use over_time::{Quality, QualityQuery, quality};
pub(crate) use record::{MeasuredRun, record};
