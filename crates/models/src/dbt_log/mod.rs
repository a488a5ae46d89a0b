//! dbt's log, for what orchestrators read: `logs/dbt.log`, and standard output under `--log-format json`, with the
//! names, codes and shapes of dbt's events. <https://docs.getdbt.com/reference/events-logging>
//!
//! ```text
//! Event of the run ──► translate ──► entry (name, level, text, data) ──► sink: the file, standard output
//!                          └─ codes: which code dbt gives a name
//! ```

mod codes;
mod entry;
mod log;
mod node_info;
mod options;
mod sink;
mod translate;

pub(crate) use log::DbtLog;
pub(crate) use node_info::{failed, finished, running, started};
pub(crate) use options::LOG_FOLDER;
pub use options::{LogForm, LogOptions};
