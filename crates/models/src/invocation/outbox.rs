//! Messages of templates, until the runner hands them to the report.

use crate::warnings::Warning;
use ingot_core::report::{Event, Level, Reporter};
use ingot_core::sync::lock;
use serde_json::Value as Json;
use std::collections::HashSet;
use std::sync::Mutex;

/// What was said and not yet reported.
#[derive(Default)]
pub(crate) struct Outbox {
    events: Mutex<Vec<Event>>,
    warned: Mutex<HashSet<String>>,
}

impl Outbox {
    pub(crate) fn say(&self, level: Level, text: String) {
        lock(&self.events).push(Event::Message { level, text });
    }

    /// An event that has a name in dbt's log.
    pub(crate) fn event(&self, name: &str, level: Level, text: String, data: Json) {
        lock(&self.events).push(Event::Named { name: name.to_owned(), level, text, data });
    }

    /// What `log()` says; `data` is what the log says of the node.
    pub(crate) fn log(&self, level: Level, text: String, data: Json) {
        self.event(if level == Level::Debug { "JinjaLogDebug" } else { "JinjaLogInfo" }, level, text, data);
    }

    /// A warning that is given once however often it arises.
    pub(crate) fn warn(&self, warning: Warning) {
        if lock(&self.warned).insert(warning.text.clone()) {
            lock(&self.events).push(warning.event(Level::Warning));
        }
    }

    /// A line that is shown even when quiet, as dbt's `print()` is.
    pub(crate) fn print(&self, line: String) {
        lock(&self.events).push(Event::Result { line });
    }

    /// As [`Outbox::warn`], for what has no name among dbt's warnings.
    pub(crate) fn warn_once(&self, text: String) {
        if lock(&self.warned).insert(text.clone()) {
            self.say(Level::Warning, text);
        }
    }

    /// Hands what was said to the report.
    pub(crate) fn flush(&self, reporter: &dyn Reporter) {
        let events = std::mem::take(&mut *lock(&self.events));
        reporter.report_all(events);
    }
}
