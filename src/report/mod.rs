//! What a stage has to say, and who shows it. Stages emit [`Event`]s; only a [`Reporter`] prints.

pub mod silent;
pub mod terminal;

/// Counts shown in a progress bar.
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
    Failed,
    Error,
    Skipped,
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
    /// A node of the models graph begins.
    NodeStarted {
        index: usize,
        total: usize,
        label: String,
    },
    /// A node of the models graph ended. `message` is what the engine answered, or the error.
    NodeFinished {
        index: usize,
        total: usize,
        label: String,
        status: Status,
        message: String,
        seconds: f64,
    },
    /// Something worth a line.
    Message {
        level: Level,
        text: String,
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

    fn info(&self, text: String) {
        self.report(Event::Message { level: Level::Info, text });
    }
    fn warn(&self, text: String) {
        self.report(Event::Message { level: Level::Warning, text });
    }
}
