//! A reporter that also keeps the log.

use super::entry::{Common, Entry};
use super::options::LogOptions;
use super::sink::Sink;
use super::translate;
use crate::dbt;
use ingot_core::error::{Error, Result};
use ingot_core::report::{Event, Level, Reporter};
use serde_json::json;
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
        own.write("MainReportArgs", Level::Debug, &format!("running {}", own.command), json!({"args": {}}));
        Ok(own)
    }

    fn write(&self, name: &str, level: Level, text: &str, data: serde_json::Value) {
        self.sink.write(&self.common, &Entry { name: name.to_owned(), level, text: text.to_owned(), data });
    }

    /// Logs the lines that were asked for. Gives them back if they are still to be printed.
    pub(crate) fn output(&self, name: &str, lines: Vec<String>) -> Vec<String> {
        for line in &lines {
            self.write(name, Level::Info, line, json!({}));
        }
        if self.prints { Vec::new() } else { lines }
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

impl Reporter for DbtLog<'_> {
    fn report(&self, event: Event) {
        for entry in translate::entries(&event) {
            self.sink.write(&self.common, &entry);
        }
        self.next.report(match event {
            Event::Message { level: Level::Debug, text } if self.shows_debug => {
                Event::Message { level: Level::Info, text }
            }
            Event::Named { level: Level::Debug, name, text, data } if self.shows_debug => {
                Event::Named { level: Level::Info, name, text, data }
            }
            other => other,
        });
    }
}
