//! Makes raw data, with defects planted on purpose and a ledger that names each of them: for the retail project eleven
//! feeds as their source systems deliver them (`retail`), for any other project what its contracts describe
//! (`from_contracts`). How often each defect is planted, `generate.yaml` says.
//!
//! The same seed, scale and window give the same bytes, on any machine and with any number of threads. A plan is
//! made first, as pure data; its tasks then run in parallel, and each writes whole files.

mod anomalies;
mod calendar;
mod cell;
mod from_contracts;
mod generation;
mod ledger;
mod lock;
mod options;
mod output;
mod plan;
mod producer;
mod random;
mod retail;
mod run;
mod settings;
mod state;
mod subject;
mod summary;
mod write;

pub use from_contracts::{RawWriter, Value, broken_values, is_envelope};
pub use generation::{Generation, generate, prepare, settings_schema, subject_of_project};
pub use options::GenerateOptions;
pub use subject::Subject;
pub use summary::{FeedSummary, GenerateSummary};
