//! The entries of commands in the audit trail: what a command notes of its work, and how it ended.

use crate::run_notes::RunNotes;
use ingot_core::error::Result;
use ingot_core::project::Project;
use ingot_govern::{Opening, Outcome, TableRows, is_kept};
use serde_json::{Map, Value};
use std::path::Path;

/// What a command notes of its work, for its entry.
#[derive(Debug, Clone, Default)]
pub(crate) struct AuditNotes {
    rows: Vec<TableRows>,
    /// Nodes of models by how they ended.
    nodes: Map<String, Value>,
    details: Map<String, Value>,
}

impl AuditNotes {
    /// What was loaded and run.
    pub(crate) fn add(&mut self, run: &RunNotes) {
        for table in &run.tables {
            match self.rows.iter_mut().find(|known| known.table == table.table) {
                Some(known) => {
                    known.rows = sum(known.rows, table.rows);
                    known.rejected = sum(known.rejected, table.rejected);
                }
                None => self.rows.push(table.clone()),
            }
        }
        for part in run.parts.iter().filter(|part| part.kind != "table") {
            let count = self.nodes.get(&part.status).and_then(Value::as_u64).unwrap_or_default();
            self.nodes.insert(part.status.clone(), (count + 1).into());
        }
    }

    /// Something else that is worth keeping; no values of rows.
    pub(crate) fn detail(&mut self, name: &str, value: impl Into<Value>) {
        self.details.insert(name.to_owned(), value.into());
    }

    /// Whether the command has noted nothing that it changed.
    pub(crate) fn is_empty(&self) -> bool {
        let is_untouched = |table: &TableRows| {
            table.rows.unwrap_or_default() == 0 && table.rejected.unwrap_or_default() == 0
        };
        self.nodes.is_empty() && self.details.is_empty() && self.rows.iter().all(is_untouched)
    }
}

fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}

/// Begins the entry of a command, if the project has a trail.
///
/// # Errors
/// The trail cannot be written: then the command must not begin.
pub(crate) fn begin(project: &Project, lake: &Path, command: &str) -> Result<Option<Opening>> {
    if !is_kept(project) {
        return Ok(None);
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    Opening::begin(project, lake, command, &arguments).map(Some)
}

/// Ends the entry. A command that could not run, or that has only looked whether there is something to do, and changed no
/// table, has none.
///
/// # Errors
/// The trail cannot be written.
pub(crate) fn end(
    opening: Opening,
    result: &str,
    error: Option<&str>,
    notes: AuditNotes,
    only_tables: bool,
) -> Result<()> {
    let may_be_nothing = result == "could not run" || (only_tables && result == "ok" && notes.is_empty());
    if may_be_nothing && !opening.has_changed_tables()? {
        return opening.give_up();
    }
    let mut details = notes.details;
    if !notes.nodes.is_empty() {
        details.insert("nodes".to_owned(), Value::Object(notes.nodes));
    }
    opening.end(Outcome {
        result: result.to_owned(),
        error: error.map(str::to_owned),
        rows: notes.rows,
        details,
    })
}
