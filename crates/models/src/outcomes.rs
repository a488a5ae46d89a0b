//! How nodes ended, and what a whole run comes to.

use crate::build::ctes::Injected;
use crate::dbt;
use crate::graph::batch::BatchResults;
use crate::graph::node::Node;
use crate::json_values::Object;
use ingot_core::report::Status as Shown;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
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
    /// There is nothing to run: an exposure.
    NoOp,
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
            Self::NoOp => "no-op",
        }
    }
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Fail | Self::Error | Self::PartialSuccess)
    }
    pub fn shown(self) -> Shown {
        match self {
            Self::Success | Self::Pass | Self::NoOp => Shown::Ok,
            Self::Warn => Shown::Warn,
            Self::Fail => Shown::Failed,
            Self::Error | Self::PartialSuccess => Shown::Error,
            Self::Skipped => Shown::Skipped,
        }
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
    /// What the engine answered to the main statement, as dbt's `adapter_response`; empty where there was none.
    pub response: Object,
    pub started: jiff::Timestamp,
    pub elapsed: Duration,
    pub thread: String,
    pub compiled_code: Option<String>,
    pub relation_name: Option<String>,
    pub hint: Option<String>,
    pub batch_results: Option<BatchResults>,
    /// Whether the node did not run, because nothing has changed since its last run; the rest is of that one.
    pub unchanged: bool,
}

impl NodeResult {
    pub fn ended(&self) -> jiff::Timestamp {
        let seconds = jiff::SignedDuration::try_from(self.elapsed).unwrap_or_default();
        self.started.checked_add(seconds).unwrap_or(self.started)
    }
    /// The result of what no worker ran: skipped nodes, hooks, clones.
    pub(crate) fn new(
        node: &Node,
        status: Status,
        message: String,
        elapsed: Duration,
        hint: Option<String>,
    ) -> Self {
        Self {
            unique_id: node.unique_id.clone(),
            name: node.name.clone(),
            resource_type: node.resource_type().name(),
            status,
            message,
            failures: None,
            rows_affected: 0,
            response: Object::new(),
            started: jiff::Timestamp::now(),
            elapsed,
            thread: "main".to_owned(),
            compiled_code: None,
            relation_name: node.relation_name(),
            hint,
            batch_results: None,
            unchanged: false,
        }
    }

    /// As `run_results.json` and the `results` of on-run-end hooks have it.
    pub fn to_json(&self) -> Json {
        let (started, ended) = (dbt::time(self.started), dbt::time(self.ended()));
        // What has no SQL of its own has nothing to be compiled or not.
        let has_code = match self.resource_type {
            "seed" | "exposure" | "saved_query" | "source" => false,
            "unit_test" => self.compiled_code.is_some(),
            _ => true,
        };
        json!({
            "status": self.status.name(),
            "timing": [
                {"name": "compile", "started_at": started, "completed_at": started},
                {"name": "execute", "started_at": started, "completed_at": ended},
            ],
            "thread_id": self.thread,
            "execution_time": self.elapsed.as_secs_f64(),
            "adapter_response": self.response,
            "message": Some(&self.message).filter(|message| !message.is_empty()),
            "failures": self.failures,
            "unique_id": self.unique_id,
            "compiled": has_code.then_some(self.compiled_code.is_some()),
            "compiled_code": self.compiled_code,
            "relation_name": self.relation_name.as_ref().filter(|_| has_code),
            "batch_results": self.batch_results.as_ref().map(BatchResults::to_json),
        })
    }
}

/// What a test measured of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestMeasure {
    /// `gold.dim_customer`: schema and name in the database, or source and name.
    pub table: String,
    /// The name of the test.
    pub check: String,
    /// The generic test that it is, such as `not_null`; `None` for a test of its own SQL.
    pub generic: Option<String>,
    pub column: Option<String>,
    /// Rows of the table; only counted where rows failed.
    pub rows: Option<u64>,
    pub failures: u64,
}

/// The rows or the SQL of a node that were asked for.
#[derive(Debug, Clone)]
pub(crate) struct ShownNode {
    /// The name of dbt's event.
    pub(crate) event: &'static str,
    pub(crate) text: String,
    pub(crate) data: Json,
}

/// What a run comes to.
#[derive(Debug, Clone, Default)]
pub struct RunSummary {
    /// In the order in which the nodes ended.
    pub results: Vec<NodeResult>,
    /// What was asked for, line by line: the names of `list`, the rows of `show`, the SQL of `compile`.
    pub output: Vec<String>,
    /// The same node by node, as dbt's log has it.
    pub(crate) shown: Vec<ShownNode>,
    pub elapsed: Duration,
    /// Of that, time in which the engine ran at least one statement.
    pub engine_time: Duration,
    pub interrupted: bool,
    /// Hooks that failed count too.
    pub hook_failed: bool,
    /// Something could not be compiled by those who compile, or a hook could not be: dbt ends with an exception then.
    pub could_not_compile: bool,
    /// What `debug` looked at is not in order.
    pub debug_failed: bool,
    /// A copy of a model could not be written to the lake.
    pub lake_failed: bool,
    /// How ephemeral models took part, by unique id.
    pub(crate) injected: HashMap<String, Injected>,
    /// Nodes that were read in another state, by unique id, and their relations there.
    pub(crate) deferred: HashMap<String, String>,
    /// What the tests measured of the quality of tables.
    pub measures: Vec<TestMeasure>,
}

impl RunSummary {
    pub fn count(&self, status: Status) -> usize {
        self.of_nodes().filter(|result| result.status == status).count()
    }
    /// The same without nodes that did not run because nothing has changed.
    pub fn count_run(&self, status: Status) -> usize {
        self.of_nodes().filter(|result| result.status == status && !result.unchanged).count()
    }
    /// Results without those of hooks, exposures and saved queries.
    fn of_nodes(&self) -> impl Iterator<Item = &NodeResult> {
        self.results
            .iter()
            .filter(|result| !matches!(result.resource_type, "operation" | "exposure" | "saved_query"))
    }
    /// How many nodes did not run because nothing has changed since their last run.
    pub fn unchanged(&self) -> usize {
        self.results.iter().filter(|result| result.unchanged).count()
    }
    /// dbt's: 0, 1 if something failed, or 2 if something could not be compiled. (Also 2, could not run, is an `Err` of
    /// the run.)
    pub fn exit_code(&self) -> u8 {
        if self.could_not_compile {
            return 2;
        }
        let failed = self.hook_failed || self.lake_failed || self.debug_failed || self.interrupted;
        // What was skipped was so because of a failure, of which there need not be a result.
        let is_bad = |result: &NodeResult| result.status.is_bad() || result.status == Status::Skipped;
        u8::from(failed || self.results.iter().any(is_bad))
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
            self.of_nodes().count()
        )
    }
}
