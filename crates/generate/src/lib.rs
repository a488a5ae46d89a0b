//! Makes the raw data of the retail project: eleven feeds as their source systems deliver them, with defects
//! planted on purpose and a ledger that names each of them. How often each is planted, `generate.yaml` says.
//!
//! The same seed, scale and window give the same bytes, on any machine and with any number of threads. A plan is
//! made first, as pure data; its tasks then run in parallel, and each writes whole files.

mod anomalies;
mod calendar;
mod cell;
mod generation;
mod ledger;
mod lock;
mod options;
mod output;
mod plan;
mod random;
mod retail;
mod run;
mod settings;
mod state;
mod summary;
mod write;

pub use generation::{Generation, generate, prepare};
pub use options::GenerateOptions;
pub use summary::{FeedSummary, GenerateSummary};
