//! Why a statement failed, as a value that travels inside [`Error`].

use ingot_core::error::Error;
use std::fmt;

/// An engine's error in parts. Sessions put it into every [`Error`] that the engine gave; [`SqlError::of`]
/// takes it out again, whatever context was added to the message on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlError {
    pub kind: SqlErrorKind,
    /// The message without its kind and without the excerpt.
    pub message: String,
    /// Line of the SQL that was run, 1-based.
    pub line: Option<usize>,
    /// Column in that line, 1-based, in characters.
    pub column: Option<usize>,
    /// That line as the engine shows it (it shortens long ones), without the caret.
    pub excerpt: Option<String>,
    /// The table or view that does not exist, or the schema or database that it should be in, where that is
    /// what is wrong.
    pub missing_relation: Option<String>,
    /// All of it as the engine wrote it.
    pub text: String,
}

/// What sort of thing went wrong, in the words that DuckDB uses for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlErrorKind {
    Parser,
    Binder,
    Catalog,
    Conversion,
    Constraint,
    InvalidInput,
    NotImplemented,
    OutOfRange,
    OutOfMemory,
    Transaction,
    Permission,
    Io,
    /// The statement was stopped from outside.
    Interrupt,
    /// The engine contradicts itself.
    Internal,
    /// Any other kind by its name; empty where the engine named none.
    Other(String),
}

const NAMES: [(&str, SqlErrorKind); 14] = [
    ("Parser", SqlErrorKind::Parser),
    ("Binder", SqlErrorKind::Binder),
    ("Catalog", SqlErrorKind::Catalog),
    ("Conversion", SqlErrorKind::Conversion),
    ("Constraint", SqlErrorKind::Constraint),
    ("Invalid Input", SqlErrorKind::InvalidInput),
    ("Not implemented", SqlErrorKind::NotImplemented),
    ("Out of Range", SqlErrorKind::OutOfRange),
    ("Out of Memory", SqlErrorKind::OutOfMemory),
    ("TransactionContext", SqlErrorKind::Transaction),
    ("Permission", SqlErrorKind::Permission),
    ("IO", SqlErrorKind::Io),
    ("INTERRUPT", SqlErrorKind::Interrupt),
    ("INTERNAL", SqlErrorKind::Internal),
];

impl SqlErrorKind {
    /// The kind with this name.
    pub(crate) fn named(name: &str) -> Self {
        let known = NAMES.into_iter().find(|(known, _)| *known == name);
        known.map_or_else(|| Self::Other(name.to_owned()), |(_, kind)| kind)
    }

    /// The engine's name for the kind, as in `Binder Error`; empty where it named none.
    pub fn name(&self) -> &str {
        match self {
            Self::Other(name) => name,
            known => NAMES.iter().find(|(_, kind)| kind == known).map_or("", |(name, _)| name),
        }
    }
}

impl SqlError {
    /// The engine's part in an error; `None` for an error that is not the engine's.
    pub fn of(error: &Error) -> Option<&Self> {
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            if let Some(found) = cause.downcast_ref() {
                return Some(found);
            }
            source = cause.source();
        }
        None
    }

    /// A table or view that the statement names does not exist, be it that its schema or database does not.
    pub fn is_missing_relation(&self) -> bool {
        self.missing_relation.is_some()
    }

    /// Kind and message, without the excerpt: `Binder Error: …`.
    pub fn summary(&self) -> String {
        match self.kind.name() {
            "" => self.message.clone(),
            name => format!("{name} Error: {}", self.message),
        }
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for SqlError {}
