//! A reporter that also keeps the log.

use super::entry::{Common, Entry};
use super::options::LogOptions;
use super::sink::Sink;
use super::translate;
use crate::dbt;
use crate::json_values::Object;
use crate::outcomes::{NodeResult, RunSummary, ShownNode, Status};
use ingot_core::error::{Error, Result};
use ingot_core::report::{Event, Level, Reporter};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::time::Instant;

/// Hands events on, and writes them to the log as dbt would.
pub(crate) struct DbtLog<'a> {
    next: &'a dyn Reporter,
    common: Common,
    sink: Sink,
    command: String,
    prints: bool,
    shows_debug: bool,
    clock: Instant,
}

impl<'a> DbtLog<'a> {
    /// Opens the log of an invocation with the id that artifacts have too.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub(crate) fn open(
        log: &LogOptions,
        project: &Path,
        verb: &str,
        arguments: Object,
        id: &str,
        next: &'a dyn Reporter,
    ) -> Result<Self> {
        let own = Self {
            next,
            common: Common::new(id.to_owned()),
            sink: Sink::open(log, project, id)?,
            command: format!("dbt {verb}"),
            prints: log.console_json.is_some(),
            shows_debug: log.shows_debug,
            clock: Instant::now(),
        };
        let version = dbt::VERSION;
        let about = json!({"version": format!("={version}"), "log_version": 3});
        own.write("MainReportVersion", Level::Info, &format!("Running with dbt={version}"), about);
        own.write(
            "MainReportArgs",
            Level::Debug,
            &format!("running {}", own.command),
            json!({"args": arguments}),
        );
        Ok(own)
    }

    fn write(&self, name: &str, level: Level, text: &str, data: Json) {
        let entry = Entry { name, level, text: text.into(), data: &data, more: Json::Null };
        self.sink.write(&self.common, [entry]);
    }

    /// Writes what was asked for, which `--quiet` does not keep back.
    fn answer(&self, name: &str, text: &str, data: Json) {
        let entry = Entry { name, level: Level::Info, text: text.into(), data: &data, more: Json::Null };
        self.sink.answer(&self.common, &entry);
    }

    /// Logs the lines that were asked for. Gives them back if they are still to be printed.
    pub(crate) fn output(&self, name: &str, lines: Vec<String>) -> Vec<String> {
        for line in &lines {
            self.answer(name, line, json!({}));
        }
        if self.prints { Vec::new() } else { lines }
    }

    /// Logs what was asked for of each node. Gives the lines back if they are still to be printed.
    pub(crate) fn shown(&self, nodes: &[ShownNode], lines: Vec<String>) -> Vec<String> {
        for node in nodes {
            self.answer(node.event, &node.text, node.data.clone());
        }
        if self.prints { Vec::new() } else { lines }
    }

    /// Writes what a run of nodes comes to, in dbt's sentences.
    /// <https://github.com/dbt-labs/dbt-core/blob/v1.11.14/core/dbt/task/printer.py>
    pub(crate) fn sum_up(&self, summary: &RunSummary) {
        let seconds = summary.elapsed.as_secs_f64();
        let whole = summary.elapsed.as_secs();
        let (hours, minutes) = (whole / 3600, whole % 3600 / 60);
        let took = format!(
            " in {hours} hours {minutes} minutes and {:.2} seconds",
            seconds - (hours * 3600 + minutes * 60) as f64
        );
        let mut kinds: Vec<(&str, usize)> = Vec::new();
        for result in &summary.results {
            match kinds.iter_mut().find(|(kind, _)| *kind == result.resource_type) {
                Some((_, count)) => *count += 1,
                None => kinds.push((result.resource_type, 1)),
            }
        }
        let counted: Vec<String> = kinds.iter().map(|(kind, count)| plural(*count, kind)).collect();
        let counted = counted.join(", ");
        let text = format!("Finished running {counted}{took} ({seconds:.2}s).");
        let data = json!({"stat_line": counted, "execution": took, "execution_time": seconds});
        self.write("FinishedRunningStats", Level::Info, &text, data);
        let is_error = |result: &&NodeResult| match result.status {
            Status::Error | Status::Fail => true,
            Status::Skipped => !matches!(result.resource_type, "exposure" | "operation"),
            _ => false,
        };
        let errors = summary.results.iter().filter(is_error).count();
        let (warnings, partial) = (summary.count(Status::Warn), summary.count(Status::PartialSuccess));
        let partly = format!("{partial} partial success{}", if partial == 1 { "" } else { "es" });
        let warned = plural(warnings, "warning");
        let text = match (summary.interrupted, errors, partial, warnings) {
            (true, ..) => "Exited because of keyboard interrupt".to_owned(),
            (_, 0, 0, 0) => "Completed successfully".to_owned(),
            (_, 0, 0, _) => format!("Completed with {warned}:"),
            (_, 0, ..) => format!("Completed with {partly} and {warned}"),
            _ => format!("Completed with {}, {partly}, and {warned}:", plural(errors, "error")),
        };
        let data = json!({
            "num_errors": errors, "num_warnings": warnings, "num_partial_success": partial,
            "keyboard_interrupt": summary.interrupted,
        });
        self.write("EndOfRunSummary", Level::Info, &text, data);
    }

    /// Writes how the invocation ended. An error is printed by whoever called, so it is only logged.
    pub(crate) fn finish(&self, outcome: std::result::Result<u8, &Error>) {
        if let Err(error) = outcome {
            let text = format!("Encountered an error:\n{}", error.with_hint());
            self.write("MainEncounteredError", Level::Error, &text, json!({"exc": text}));
        }
        let success = matches!(outcome, Ok(0));
        let (elapsed, now) = (self.clock.elapsed().as_secs_f64(), dbt::time(jiff::Timestamp::now()));
        let word = if success { "succeeded" } else { "failed" };
        let text = format!("Command `{}` {word} at {now} after {elapsed:.2} seconds", self.command);
        let data =
            json!({"command": self.command, "success": success, "completed_at": now, "elapsed": elapsed});
        self.write("CommandCompleted", Level::Debug, &text, data);
    }
}

/// `1 model`, `2 models`.
fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

impl Reporter for DbtLog<'_> {
    fn report(&self, event: Event) {
        self.report_all(vec![event]);
    }

    fn report_all(&self, events: Vec<Event>) {
        self.sink.write(&self.common, events.iter().flat_map(translate::entries));
        let shown = |event| match event {
            Event::Message { level: Level::Debug, text } if self.shows_debug => {
                Event::Message { level: Level::Info, text }
            }
            Event::Named { level: Level::Debug, name, text, data } if self.shows_debug => {
                Event::Named { level: Level::Info, name, text, data }
            }
            other => other,
        };
        self.next.report_all(events.into_iter().map(shown).collect());
    }
}
