//! How nodes ended, and what a whole run comes to.

use crate::report::Status as Shown;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    Success,
    Pass,
    Warn,
    Fail,
    Error,
    /// Some batches of a microbatch model failed.
    PartialSuccess,
    Skipped,
}

impl Status {
    /// As dbt writes it in `run_results.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::PartialSuccess => "partial success",
            Self::Skipped => "skipped",
        }
    }
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Fail | Self::Error | Self::PartialSuccess)
    }
    pub fn shown(self) -> Shown {
        match self {
            Self::Success | Self::Pass => Shown::Ok,
            Self::Warn => Shown::Warn,
            Self::Fail => Shown::Failed,
            Self::Error | Self::PartialSuccess => Shown::Error,
            Self::Skipped => Shown::Skipped,
        }
    }
}

/// The batches of a microbatch model, each from its first moment to that of the next, in ISO 8601.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchResults {
    pub successful: Vec<(String, String)>,
    pub failed: Vec<(String, String)>,
}

impl BatchResults {
    /// As dbt writes it in `run_results.json`.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({"successful": self.successful, "failed": self.failed})
    }
}

#[derive(Debug, Clone)]
pub struct NodeResult {
    pub unique_id: String,
    pub name: String,
    pub resource_type: &'static str,
    pub status: Status,
    pub message: String,
    /// Failing rows of a test.
    pub failures: Option<i64>,
    pub rows_affected: u64,
    pub started: jiff::Timestamp,
    pub elapsed: Duration,
    /// Of that, inside the engine.
    pub engine_time: Duration,
    pub thread: String,
    pub compiled_code: Option<String>,
    pub relation_name: Option<String>,
    pub hint: Option<String>,
    pub batch_results: Option<BatchResults>,
}

/// What a run comes to.
#[derive(Debug, Clone, Default)]
pub struct RunSummary {
    /// In the order in which the nodes ended.
    pub results: Vec<NodeResult>,
    /// What `list` lists, one line each.
    pub listed: Vec<String>,
    pub elapsed: Duration,
    pub interrupted: bool,
    /// Hooks that failed count too.
    pub hook_failed: bool,
}

impl RunSummary {
    pub fn count(&self, status: Status) -> usize {
        self.results.iter().filter(|result| result.status == status).count()
    }
    /// dbt's: 0, or 1 if something failed. (2, could not run, is an `Err` of the run.)
    pub fn exit_code(&self) -> u8 {
        let failed =
            self.hook_failed || self.interrupted || self.results.iter().any(|result| result.status.is_bad());
        u8::from(failed)
    }
    /// `PASS=3 WARN=0 ERROR=0 SKIP=0 TOTAL=3`.
    pub fn line(&self) -> String {
        let passed = self.count(Status::Success) + self.count(Status::Pass);
        let errors =
            self.count(Status::Error) + self.count(Status::Fail) + self.count(Status::PartialSuccess);
        format!(
            "PASS={passed} WARN={} ERROR={errors} SKIP={} TOTAL={}",
            self.count(Status::Warn),
            self.count(Status::Skipped),
            self.results.len()
        )
    }
}
