//! The entries of commands in the audit trail: what a command notes of its work, and how it ended.

use crate::run_notes::RunNotes;
use ingot_core::error::Result;
use ingot_core::project::Project;
use ingot_govern::{Opening, Outcome, TableRows, TableVersions, is_kept};
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

/// The entry of a command that is going on.
#[derive(Debug)]
pub(crate) struct OpenEntry {
    opening: Opening,
    /// Whether the command has changed something only if a table has another version.
    only_tables: bool,
    ending: Option<Ending>,
}

/// What becomes of an entry once the command's work is done.
#[derive(Debug)]
enum Ending {
    Stays(TableVersions),
    /// The command could not run, or has only looked whether there is something to do, and changed no table.
    GivenUp,
}

impl OpenEntry {
    /// Begins the entry of a command, if the project has a trail.
    ///
    /// # Errors
    /// The trail cannot be written: then the command must not begin.
    pub(crate) fn begin(
        project: &Project,
        lake: &Path,
        command: &str,
        only_tables: bool,
    ) -> Result<Option<Self>> {
        if !is_kept(project) {
            return Ok(None);
        }
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let opening = Opening::begin(project, lake, command, &arguments)?;
        Ok(Some(Self { opening, only_tables, ending: None }))
    }

    /// Decides, once the command's work is done, whether the entry stays. Gives its name if it does, for those who refer
    /// to it; asked again, it says the same.
    ///
    /// # Errors
    /// The lake cannot be listed.
    pub(crate) fn settle(&mut self, result: &str, notes: &AuditNotes) -> Result<Option<String>> {
        if self.ending.is_none() {
            let now = self.opening.versions_now()?;
            let may_be_nothing =
                result == "could not run" || (self.only_tables && result == "ok" && notes.is_empty());
            self.ending = Some(match may_be_nothing && !self.opening.has_changed_tables(&now) {
                true => Ending::GivenUp,
                false => Ending::Stays(now),
            });
        }
        let stays = matches!(self.ending, Some(Ending::Stays(_)));
        Ok(stays.then(|| self.opening.id().to_owned()))
    }

    /// Adds the entry to the trail, if it stays, and gives its name then.
    ///
    /// # Errors
    /// The trail cannot be written, or the lake cannot be listed.
    pub(crate) fn end(
        mut self,
        result: &str,
        error: Option<&str>,
        notes: AuditNotes,
    ) -> Result<Option<String>> {
        let id = self.settle(result, &notes)?;
        let Some(Ending::Stays(now)) = self.ending else {
            self.opening.give_up()?;
            return Ok(None);
        };
        let mut details = notes.details;
        if !notes.nodes.is_empty() {
            details.insert("nodes".to_owned(), Value::Object(notes.nodes));
        }
        let (result, error) = (result.to_owned(), error.map(str::to_owned));
        self.opening.end(Outcome { result, error, rows: notes.rows, details }, &now)?;
        Ok(id)
    }
}
