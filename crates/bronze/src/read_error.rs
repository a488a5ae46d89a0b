//! Why reading a raw file stopped.

use ingot_core::error::Error;

/// Why reading a file stopped.
#[derive(Debug)]
pub enum ReadError {
    /// The file cannot be read; the table's other files can.
    File(FileFailure),
    /// What was read cannot be written: the load of the whole table ends.
    Output(Error),
}

/// Why a file as a whole was not loaded.
#[derive(Debug, Clone)]
pub struct FileFailure {
    /// A code of docs/reference/reject-codes.md, "Codes of files".
    pub code: &'static str,
    pub message: String,
    /// The column because of which the file was refused.
    pub column: Option<String>,
}

impl FileFailure {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), column: None }
    }

    pub fn of_column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }
}

/// `CODE: message`, as the manifest and the summary show it.
impl std::fmt::Display for FileFailure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {}", self.code, self.message)
    }
}

impl From<FileFailure> for ReadError {
    fn from(failure: FileFailure) -> Self {
        Self::File(failure)
    }
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        Self::Output(error)
    }
}
