//! From what the run reports to dbt's events.

use super::entry::Entry;
use ingot_core::report::{Event, Level, Status};
use serde_json::{Value as Json, json};
use std::borrow::Cow;

/// The width to which dbt pads the lines of nodes.
const WIDTH: usize = 80;

/// dbt's events for one of ours; most have one, steps of progress have none.
pub(super) fn entries(event: &Event) -> Vec<Entry<'_>> {
    match event {
        Event::StageStarted { detail, .. } => vec![plain("ConcurrencyLine", Level::Info, detail)],
        Event::NodeStarted { index, total, label, data } => {
            let id = data["node_info"]["unique_id"].as_str().unwrap_or(label);
            let text = line(*index, *total, &format!("START {label}"), "RUN", None);
            let about = json!({"description": label, "index": index, "total": total});
            vec![
                entry("NodeStart", Level::Debug, format!("Began running node {id}"), data),
                entry("LogStartLine", Level::Info, text, data).saying(about),
            ]
        }
        Event::NodeFinished { index, total, label, status, message, seconds, data } => {
            let id = data["node_info"]["unique_id"].as_str().unwrap_or(label);
            let level = match status {
                Status::Ok | Status::Skipped => Level::Info,
                Status::Warn => Level::Warning,
                Status::Failed | Status::Error => Level::Error,
            };
            let kind = data["node_info"]["resource_type"].as_str().unwrap_or_default();
            let about = json!({"description": label, "index": index, "total": total});
            let text = outcome(*index, *total, kind, label, *status, message, *seconds);
            let raised = (*status == Status::Error).then(|| {
                let said = data["run_result"]["message"].as_str().unwrap_or(message);
                entry("CatchableExceptionOnRun", Level::Debug, said, data).saying(json!({"exc": said}))
            });
            let ended = [
                entry(name_of_result(kind, *status), level, text, data).saying(about),
                entry("NodeFinished", Level::Debug, format!("Finished running node {id}"), data),
            ];
            raised.into_iter().chain(ended).collect()
        }
        Event::Named { name, level, text, data } => {
            let own = entry(name, *level, text, data);
            // dbt has an event for the result, and one for its message.
            let message = match name.as_str() {
                "RunResultFailure" => "RunResultError",
                "RunResultWarning" => "RunResultWarningMessage",
                _ => return vec![own],
            };
            let said = data["result_message"].as_str().unwrap_or_default();
            vec![own, entry(message, *level, said, data)]
        }
        Event::Message { level: Level::Error, text } => vec![plain("RunResultError", Level::Error, text)],
        // Notes are for people; dbt's adapters have an event for what is of interest to nobody else.
        Event::Message { level: Level::Debug, text } => vec![plain("AdapterEventDebug", Level::Debug, text)],
        Event::Message { level, text } => vec![plain("Note", *level, text)],
        Event::Error { text, .. } => {
            let text = format!("Encountered an error:\n{text}");
            let about = json!({"exc": text});
            vec![plain("MainEncounteredError", Level::Error, text).saying(about)]
        }
        Event::Result { line } => vec![plain("PrintEvent", Level::Info, line)],
        Event::StageFinished { detail, .. } => {
            vec![plain("StatsLine", Level::Info, format!("Done. {detail}")).saying(stats(detail))]
        }
        // dbt runs every node.
        Event::NodeUnchanged { .. }
        | Event::TaskStarted { .. }
        | Event::TaskAdvanced { .. }
        | Event::TaskFinished { .. }
        | Event::Table(_) => Vec::new(),
    }
}

fn entry<'e>(name: &'e str, level: Level, text: impl Into<Cow<'e, str>>, data: &'e Json) -> Entry<'e> {
    Entry { name, level, text: text.into(), data, more: Json::Null }
}

/// An event that says nothing but its text.
fn plain<'e>(name: &'e str, level: Level, text: impl Into<Cow<'e, str>>) -> Entry<'e> {
    entry(name, level, text, &Json::Null)
}

impl Entry<'_> {
    fn saying(self, more: Json) -> Self {
        Self { more, ..self }
    }
}

fn name_of_result(kind: &str, status: Status) -> &'static str {
    match (kind, status) {
        (_, Status::Skipped) => "SkippingDetails",
        ("model", _) => "LogModelResult",
        ("test" | "unit_test", _) => "LogTestResult",
        ("seed", _) => "LogSeedResult",
        ("snapshot", _) => "LogSnapshotResult",
        ("source", _) => "LogFreshnessResult",
        _ => "LogNodeResult",
    }
}

/// `1 of 3 OK created table main.a ..... [OK in 0.05s]`.
fn outcome(
    index: usize,
    total: usize,
    kind: &str,
    label: &str,
    status: Status,
    message: &str,
    seconds: f64,
) -> String {
    let (good, bad) = match kind {
        "seed" => ("OK loaded", "ERROR loading"),
        "snapshot" => ("OK snapshotted", "ERROR snapshotting"),
        "test" | "unit_test" => ("PASS", "ERROR"),
        "source" => ("PASS", "ERROR"),
        _ => ("OK created", "ERROR creating"),
    };
    let (words, short) = match status {
        Status::Ok => (good, if good == "PASS" { "PASS" } else { "OK" }),
        Status::Warn => ("WARN", "WARN"),
        Status::Failed => ("FAIL", "FAIL"),
        Status::Error => (bad, "ERROR"),
        Status::Skipped => return line(index, total, &format!("SKIP {label}"), "SKIP", None),
    };
    let is_partial = status == Status::Error && message.starts_with("PARTIAL SUCCESS");
    let short = if is_partial { message.lines().next().unwrap_or(short) } else { short };
    line(index, total, &format!("{words} {label}"), short, Some(seconds))
}

fn line(index: usize, total: usize, text: &str, status: &str, seconds: Option<f64>) -> String {
    let text = format!("{index} of {total} {text} ");
    let took = seconds.map(|seconds| format!(" in {seconds:.2}s")).unwrap_or_default();
    format!("{text:.<WIDTH$} [{status}{took}]")
}

/// `PASS=3 WARN=0` as members.
fn stats(detail: &str) -> Json {
    let counts = detail.split_whitespace().filter_map(|word| word.split_once('='));
    let counts =
        counts.filter_map(|(name, count)| Some((name.to_lowercase(), count.parse::<u64>().ok()?.into())));
    json!({ "stats": counts.collect::<serde_json::Map<String, Json>>() })
}
