//! Changing a Delta table: one commit, all or nothing.
//!
//! A commit is refused if another writer has committed since the table was opened and the two contradict each
//! other.

use crate::actions::{add, remove, with_columns};
use crate::commit_info::{CommitDetails, commit_info};
use crate::data_file::NewFile;
use crate::delta_table::{DeltaTable, LiveFile};
use crate::log_copies::LogCopies;
use crate::opened_tables;
use crate::runtime::wait_for;
use arrow::datatypes::Schema;
use deltalake::kernel::Action;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference};
use deltalake::protocol::{DeltaOperation, SaveMode};
use ingot_core::error::{Context as _, Result};

/// What one commit does. The files that it adds are already in the table's folder.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub add: Vec<NewFile>,
    pub remove: Vec<LiveFile>,
    /// The table's columns from this commit on: the old ones in their order, then nullable new ones.
    pub schema: Option<Schema>,
}

impl DeltaTable {
    /// Makes one commit and loads it. Returns its version.
    ///
    /// # Errors
    /// Another writer's commit contradicts this one, a new column has no counterpart in Delta, or the log cannot be
    /// written. Nothing has changed then.
    pub fn commit(&mut self, changes: Changes, details: &CommitDetails) -> Result<u64> {
        let timestamp = details.time();
        let (actions, operation) = {
            let state = self.inner.snapshot().or_cannot_at("read the Delta table", &self.root)?;
            let mut actions: Vec<Action> = vec![commit_info(details, timestamp).into()];
            if let Some(schema) = &changes.schema {
                let old = state.metadata();
                actions.push(with_columns(old, schema, &self.root)?.into());
            }
            actions.extend(changes.remove.iter().map(|file| remove(file, timestamp).into()));
            actions.extend(changes.add.into_iter().map(|file| add(file, timestamp).into()));
            let operation = if changes.remove.is_empty() {
                DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None }
            } else {
                DeltaOperation::Update { predicate: None }
            };
            (actions, operation)
        };
        self.commit_actions(actions, operation)
    }

    /// Makes one commit of these actions and loads it. Returns its version.
    pub(crate) fn commit_actions(&mut self, actions: Vec<Action>, operation: DeltaOperation) -> Result<u64> {
        let commit = {
            let state = self.inner.snapshot().or_cannot_at("read the Delta table", &self.root)?;
            let commit = CommitBuilder::from(CommitProperties::default()).with_actions(actions).build(
                Some(state as &dyn TableReference),
                self.inner.log_store(),
                operation,
            );
            wait_for(async move { commit.await })?.or_cannot_at("commit to the Delta table", &self.root)?
        };
        let version = commit.version();
        self.inner.state = Some(commit.snapshot());
        if commit.metrics.new_checkpoint_created {
            // Otherwise each version that is made of this one would know all commits since the checkpoint before.
            wait_for(self.inner.load())?.or_cannot_at("read the Delta table", &self.root)?;
        }
        opened_tables::remember_written(&self.root, &self.inner);
        self.keep_log_copies();
        Ok(version)
    }

    /// The commit is made, with or without copies of its log file: what is not copied now, the next commit copies.
    pub(crate) fn keep_log_copies(&self) {
        if let Some(copies) = LogCopies::of(&self.root) {
            let _ = copies.keep(self.version());
        }
    }
}
