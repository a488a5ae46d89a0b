//! What a command changes, which decides whether the audit trail has an entry of it.

use std::path::PathBuf;

/// Each command says one of these, so that none is forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// It changes no data and nothing that data is made of. Pages, previews and caches in `target` may be written.
    Reads,
    /// It begins a new project, which has no trail yet.
    Begins,
    /// It writes its entries itself, because it works for long or in a project that is not there yet.
    KeepsItsOwn,
    Changes(Change),
}

/// Something that the audit trail has an entry of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// `load-bronze`, `lake restore`.
    pub(super) command: String,
    /// The lake that it works on, if it is not that of the project.
    pub(super) lake: Option<PathBuf>,
    /// Whether it has changed something only if a table has another version: then it is not worth an entry to have looked.
    pub(super) only_tables: bool,
}

impl Effect {
    /// What a command changes in the project's lake or elsewhere in it.
    pub(super) fn changes(command: impl Into<String>) -> Self {
        Self::Changes(Change { command: command.into(), lake: None, only_tables: false })
    }

    /// The same, in the lake that was given.
    pub(super) fn changes_lake(command: impl Into<String>, lake: Option<PathBuf>) -> Self {
        Self::Changes(Change { command: command.into(), lake, only_tables: false })
    }

    /// Of a command with `--dry-run`.
    pub(super) fn unless(self, reads: bool) -> Self {
        if reads { Self::Reads } else { self }
    }
}
