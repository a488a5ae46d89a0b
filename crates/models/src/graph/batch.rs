//! One batch of a microbatch model, and the batches of a run as artifacts list them.

use ingot_jinja::Value;
use ingot_jinja::python::datetime;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

/// The period that one run of a microbatch model computes, in UTC.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub id: String,
    /// `2024-01-31`, or as long as the batch size asks.
    pub name: String,
    pub start: DateTime,
    pub end: DateTime,
    /// Whether it is added to a table that is there.
    pub incremental: bool,
}

impl Batch {
    /// Its two ends as templates have them.
    pub(crate) fn times(&self) -> [(&'static str, Value); 2] {
        let moment = |time: DateTime| TimeZone::UTC.to_timestamp(time).map_or(Value::None, datetime::utc);
        [("event_time_start", moment(self.start)), ("event_time_end", moment(self.end))]
    }
    /// As artifacts have it: `2024-01-31T00:00:00+00:00`.
    pub(crate) fn iso(time: DateTime) -> String {
        time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
    }
    /// As written in SQL.
    pub(crate) fn sql(time: DateTime) -> String {
        time.strftime("%Y-%m-%d %H:%M:%S+00:00").to_string()
    }
    pub(crate) fn to_json(&self) -> Json {
        json!({"id": self.id, "event_time_start": Self::sql(self.start), "event_time_end": Self::sql(self.end)})
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
    pub fn to_json(&self) -> Json {
        json!({"successful": self.successful, "failed": self.failed})
    }
}
