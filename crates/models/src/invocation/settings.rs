//! What the command line asks of a run, as far as nodes and templates see it.

use crate::graph::batch::BatchResults;
use crate::json_values::Object;
use crate::warnings::WarningRules;
use ingot_core::interrupt::Interrupt;
use jiff::civil::DateTime;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The settings of one invocation.
pub(crate) struct RunSettings {
    /// The verb, as templates see it in `flags.WHICH`.
    pub(crate) verb: &'static str,
    /// `--vars`.
    pub(crate) cli_vars: Object,
    pub(crate) full_refresh: bool,
    pub(crate) store_failures: bool,
    pub(crate) fail_fast: bool,
    /// Inputs are read without their rows (`--empty`).
    pub(crate) empty: bool,
    /// `--event-time-start` and `--event-time-end`, in UTC.
    pub(crate) event_time: (Option<DateTime>, Option<DateTime>),
    /// The period (in UTC) that `--sample` reads of inputs with an `event_time`.
    pub(crate) sample: Option<(DateTime, DateTime)>,
    /// Batches of an earlier run, by unique id: `retry` computes those that failed.
    pub(crate) retry_batches: BTreeMap<String, BatchResults>,
    /// The time (in UTC) up to which microbatch models are computed where nothing else is said: `retry` has that of the
    /// run that it tries again. `None`: now.
    pub(crate) batches_until: Option<DateTime>,
    /// Which warnings are errors, and which are not reported.
    pub(crate) warning_rules: WarningRules,
    /// Whether the result of an earlier parse may be used again.
    pub(crate) partial_parse: bool,
    /// Where compiled SQL and artifacts go.
    pub(crate) target_folder: PathBuf,
    /// Whether templates may ask the database.
    pub(crate) introspect: bool,
    /// Whether ephemeral models become part of the SQL of those that use them.
    pub(crate) inject_ephemerals: bool,
    /// Whether the log takes every statement.
    pub(crate) logs_statements: bool,
    /// Whether the log takes more of an event than its text.
    pub(crate) logs_data: bool,
    /// Whether `print()` of templates prints, and whether artifacts are written.
    pub(crate) print: bool,
    pub(crate) write_json: bool,
    pub(crate) interrupt: Interrupt,
}
