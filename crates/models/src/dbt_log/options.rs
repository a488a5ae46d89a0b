//! Where the log is written, in which form, and how much of it.

use ingot_core::report::Level;
use std::path::PathBuf;

/// The folder of the log in a project, where none was given.
pub(crate) const LOG_FOLDER: &str = "logs";

/// The form of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogForm {
    /// `10:20:30.123456 [info ] [MainThread]: …`
    #[default]
    Text,
    /// `{"data": {…}, "info": {…}}`
    Json,
}

/// What is logged where. The default is dbt's: everything as text in `logs/dbt.log`.
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// The folder of `dbt.log`; `None`: `logs` in the project.
    pub folder: Option<PathBuf>,
    pub file_form: LogForm,
    /// What is less than this is not written to the file; `None`: there is no file.
    pub file_level: Option<Level>,
    /// The file is put aside as `dbt.log.1` when it is larger than this, in bytes.
    pub file_max_bytes: u64,
    /// Events from this level on are also written to standard output, as JSON.
    pub console_json: Option<Level>,
    /// Whether messages for debugging are shown to people too.
    pub shows_debug: bool,
}

impl LogOptions {
    /// Whether anything that is only of interest for debugging is written somewhere.
    pub(crate) fn has_debug(&self) -> bool {
        self.shows_debug || [self.file_level, self.console_json].contains(&Some(Level::Debug))
    }

    /// Whether more of an event is written than its text.
    pub(crate) fn has_data(&self) -> bool {
        self.console_json.is_some() || (self.file_level.is_some() && self.file_form == LogForm::Json)
    }
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            folder: None,
            file_form: LogForm::Text,
            file_level: Some(Level::Debug),
            file_max_bytes: 10 * 1024 * 1024,
            console_json: None,
            shows_debug: false,
        }
    }
}
