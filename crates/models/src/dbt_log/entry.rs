//! One event of the log, and its two forms.

use super::codes::code;
use crate::dbt;
use crate::secrets;
use ingot_core::report::Level;
use serde_json::{Map, Value as Json, json};
use std::borrow::Cow;

/// One event of the log.
pub(super) struct Entry<'e> {
    pub(super) name: &'e str,
    pub(super) level: Level,
    pub(super) text: Cow<'e, str>,
    /// What the event says; put together only for the form that shows it.
    pub(super) data: &'e Json,
    /// What is said besides, over what `data` says.
    pub(super) more: Json,
}

impl Entry<'_> {
    fn members(&self) -> Map<String, Json> {
        let mut members = self.data.as_object().cloned().unwrap_or_default();
        members.extend(self.more.as_object().cloned().unwrap_or_default());
        members
    }
}

/// What all entries of an invocation have in common.
pub(super) struct Common {
    pub(super) invocation_id: String,
    /// The values of `DBT_ENV_CUSTOM_ENV_*`, which dbt adds to every event.
    pub(super) extra: Map<String, Json>,
    /// The values of `DBT_ENV_SECRET_*`, which never are written.
    secrets: Vec<String>,
}

impl Common {
    pub(super) fn new(invocation_id: String) -> Self {
        let mut extra = Map::new();
        for (name, value) in std::env::vars_os() {
            let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
            if let Some(own) = name.strip_prefix("DBT_ENV_CUSTOM_ENV_") {
                extra.insert(own.to_owned(), value.into());
            }
        }
        Self { invocation_id, extra, secrets: secrets::values() }
    }

    /// Adds the line `{"data": {…}, "info": {…}}`.
    pub(super) fn add_json(&self, entry: &Entry<'_>, out: &mut String) {
        let mut data = entry.members();
        // dbt's simple events have their text as data too.
        data.entry("msg").or_insert_with(|| entry.text.as_ref().into());
        let said = data["msg"].as_str().unwrap_or(&entry.text).to_owned();
        let line = json!({
            "data": data,
            "info": {
                "category": "",
                "code": code(entry.name),
                "extra": self.extra,
                "invocation_id": self.invocation_id,
                "level": word(entry.level),
                "msg": said,
                "name": entry.name,
                "pid": std::process::id(),
                "thread": thread(),
                "ts": dbt::time(jiff::Timestamp::now()),
            },
        });
        self.add_line(line.to_string(), out);
    }

    /// Adds the line `10:20:30.123456 [info ] [MainThread]: …`.
    pub(super) fn add_text(&self, entry: &Entry<'_>, out: &mut String) {
        let line = format!("{} [{:<5}] [{:<10}]: {}", clock(), word(entry.level), thread(), entry.text);
        self.add_line(line, out);
    }

    fn add_line(&self, line: String, out: &mut String) {
        out.push_str(&secrets::without(&self.secrets, line));
        out.push('\n');
    }
}

/// The time of day in UTC, as dbt's log has it.
pub(super) fn clock() -> String {
    let now = dbt::time(jiff::Timestamp::now());
    now.get(11..26).unwrap_or(&now).to_owned()
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warning => "warn",
        Level::Error => "error",
    }
}

fn thread() -> String {
    let current = std::thread::current();
    match current.name() {
        Some(name) if name.starts_with("Thread-") => name.to_owned(),
        _ => "MainThread".to_owned(),
    }
}
