//! What a stage has to say, and who shows it. Stages emit [`Event`]s; only a [`Reporter`] prints.

use crate::error::{Error, Place};

mod errors_only;
mod json;
mod live;
mod silent;
mod terminal;

pub use errors_only::ErrorsOnly;
pub use json::Json;
pub use live::{Live, LiveFile, is_running, live_files};
pub use silent::Silent;
pub use terminal::{Terminal, TerminalOptions};

/// What a progress bar counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    Rows,
    Files,
}

/// How a node of the models graph (or a file of a load) ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Ok,
    Warn,
    /// A test that found something.
    Failed,
    /// What could not be run.
    Error,
    Skipped,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Failed => "fail",
            Self::Error => "error",
            Self::Skipped => "skip",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Debug,
    Info,
    Warning,
    Error,
}

/// A table for people: a title, a header, rows of cells. Columns that hold numbers are aligned right.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub title: String,
    pub headers: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

#[derive(Debug, Clone)]
pub enum Event {
    /// A stage of the pipeline begins.
    StageStarted {
        stage: &'static str,
        detail: String,
    },
    /// A piece of work with a size begins; `task` names it until it is finished.
    TaskStarted {
        task: String,
        total: u64,
        unit: Unit,
    },
    TaskAdvanced {
        task: String,
        by: u64,
    },
    TaskFinished {
        task: String,
        detail: String,
    },
    /// A node of the models graph begins. `data` is what machines want to know of it; null if there is nothing.
    NodeStarted {
        index: usize,
        total: usize,
        label: String,
        data: serde_json::Value,
    },
    /// A node of the models graph ended. `message` is what the engine answered, or the error.
    NodeFinished {
        index: usize,
        total: usize,
        label: String,
        status: Status,
        message: String,
        seconds: f64,
        data: serde_json::Value,
    },
    /// A node of the models graph that need not run: it is as it was left, and so is all that it is made of.
    NodeUnchanged {
        index: usize,
        total: usize,
        label: String,
    },
    /// A message that machines know by its name, with what it says as data.
    Named {
        name: String,
        level: Level,
        text: String,
        data: serde_json::Value,
    },
    /// Something worth a line.
    Message {
        level: Level,
        text: String,
    },
    /// What went wrong, with all that the error knows.
    Error {
        /// What, where and why, as [`crate::error::Error`] displays it.
        text: String,
        hint: Option<String>,
        /// The name of its [`crate::error::Kind`].
        kind: &'static str,
        place: Option<Place>,
    },
    /// A line that was asked for (`list`): shown even when quiet, with nothing around it.
    Result {
        line: String,
    },
    Table(Table),
    StageFinished {
        stage: &'static str,
        seconds: f64,
        detail: String,
    },
}

/// Shows events. Called from many threads at once.
pub trait Reporter: Send + Sync {
    fn report(&self, event: Event);

    /// Events that are there together, in their order.
    fn report_all(&self, events: Vec<Event>) {
        for event in events {
            self.report(event);
        }
    }

    fn info(&self, text: String) {
        self.report(Event::Message { level: Level::Info, text });
    }
    fn warn(&self, text: String) {
        self.report(Event::Message { level: Level::Warning, text });
    }
    fn error(&self, error: &Error) {
        self.report(Event::Error {
            text: error.to_string(),
            hint: error.hint_text().map(str::to_owned),
            kind: error.kind().name(),
            place: error.place().cloned(),
        });
    }
}

/// A count with its noun, which is given for one: `1 row`, `1,234 rows`, `2 copies`.
pub fn counted(count: u64, what: &str) -> String {
    format!("{} {}", thousands(count), noun(count, what))
}

/// The noun that goes with a count, which is given for one: `row` or `rows`.
pub fn noun(count: u64, one: &str) -> String {
    if count == 1 { one.to_owned() } else { many(one) }
}

fn many(noun: &str) -> String {
    match noun.as_bytes() {
        [.., before, b'y'] if !b"aeiou".contains(before) => format!("{}ies", &noun[..noun.len() - 1]),
        _ => format!("{noun}s"),
    }
}

/// The verb that goes with a count: `is` or `are`, `has` or `have`.
pub fn verb<'v>(count: u64, one: &'v str, several: &'v str) -> &'v str {
    if count == 1 { one } else { several }
}

/// `1234567` as `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Seconds as a person reads them: `0.34 s`, `12.3 s`, `2 min 05 s`.
pub fn seconds(seconds: f64) -> String {
    if seconds < 10.0 {
        format!("{seconds:.2} s")
    } else if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:02} s", (seconds / 60.0) as u64, (seconds % 60.0) as u64)
    }
}

/// Bytes in decimal units: `12.3 MB`.
pub fn bytes(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_has_the_noun_that_goes_with_it() {
        assert_eq!(counted(0, "row"), "0 rows");
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(1_234, "entry"), "1,234 entries");
        assert_eq!(counted(2, "day"), "2 days");
        assert_eq!(counted(2, "raw file"), "2 raw files");
        assert_eq!((noun(1, "table"), noun(2, "table")), ("table".to_owned(), "tables".to_owned()));
        assert_eq!((verb(1, "is", "are"), verb(0, "is", "are")), ("is", "are"));
    }

    #[test]
    fn numbers_as_people_read_them() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(seconds(125.2), "2 min 05 s");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(12_345_678), "12.3 MB");
    }
}
