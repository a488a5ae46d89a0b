//! Why reading a raw file stopped.

use ingot_core::error::Error;

/// Why reading a file stopped.
#[derive(Debug)]
pub enum ReadError {
    /// The file cannot be read; the table's other files can.
    File(FileFailure),
    /// What was read cannot be written: the load of the whole table ends.
    Output(Error),
    /// The sink needs no more rows. This is how it tells its reader to stop, and no error: functions that read into any
    /// sink return `Ok` then.
    Enough,
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

    pub(crate) fn not_parquet(error: &dyn std::fmt::Display) -> Self {
        Self::new("NOT_PARQUET", format!("not a Parquet file, or a damaged one: {error}"))
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

/// For those to whom all of these are errors.
impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::File(failure) => Self::new(failure),
            ReadError::Output(error) => error,
            ReadError::Enough => Self::defect("a sink that takes all rows asked for no more"),
        }
    }
}
