//! Creating a Delta table: its version 0.

use crate::actions::{add, kernel_schema, metadata, protocol};
use crate::commit_info::{CommitDetails, commit_info};
use crate::data_file::NewFile;
use crate::delta_table::{DeltaTable, builder, refuse_escapes};
use crate::log_copies::forget_log_copies;
use crate::runtime::wait_for;
use arrow::datatypes::Schema;
use deltalake::kernel::transaction::CommitBuilder;
use deltalake::kernel::{Action, Metadata};
use deltalake::protocol::{DeltaOperation, SaveMode};
use ingot_core::error::{Context as _, Error, Result};
use std::path::Path;

/// Commits between two checkpoints of a log, for tables that grow day after day: who opens one reads the newest checkpoint and
/// the commits since.
pub const CHECKPOINT_INTERVAL: u32 = 20;

/// A table to be created.
#[derive(Debug, Clone)]
pub struct TableDefinition {
    pub name: String,
    /// All columns, partition columns too.
    pub schema: Schema,
    pub partition_columns: Vec<String>,
    /// Delta table properties.
    pub properties: Vec<(String, String)>,
    /// The table's id; a random one if not given.
    pub id: Option<String>,
}

/// What a table says of itself at its beginning. `timestamp`: milliseconds since 1970.
pub(crate) fn new_metadata(
    definition: &TableDefinition,
    columns: &Schema,
    timestamp: i64,
    root: &Path,
) -> Result<Metadata> {
    metadata(
        definition.id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
        Some(&definition.name),
        &kernel_schema(columns, root)?,
        &definition.partition_columns,
        definition.properties.iter().cloned().collect(),
        Some(timestamp),
        root,
    )
}

impl DeltaTable {
    /// Creates an empty table (version 0).
    ///
    /// # Errors
    /// There is a table already, a column has no counterpart in Delta, or the folder cannot be written.
    pub fn create(root: &Path, definition: &TableDefinition, details: &CommitDetails) -> Result<Self> {
        Self::create_with(root, definition, Vec::new(), details)
    }

    /// Creates a table whose version 0 already holds these files.
    ///
    /// # Errors
    /// As [`DeltaTable::create`].
    pub fn create_with(
        root: &Path,
        definition: &TableDefinition,
        files: Vec<NewFile>,
        details: &CommitDetails,
    ) -> Result<Self> {
        refuse_escapes(root)?;
        if Self::exists(root) {
            return Err(Error::new("there is already a Delta table in the folder").at(root));
        }
        // Those of a table that was there before and is gone.
        forget_log_copies(root)?;
        std::fs::create_dir_all(root).or_cannot_at("create the folder", root)?;
        let mut inner = builder(root)?.build().or_cannot_at("open the folder", root)?;
        let timestamp = details.time();
        let protocol = protocol(root)?;
        let metadata = new_metadata(definition, &definition.schema, timestamp, root)?;
        let mut actions: Vec<Action> =
            vec![commit_info(details, timestamp).into(), protocol.clone().into(), metadata.clone().into()];
        actions.extend(files.into_iter().map(|file| add(file, timestamp).into()));
        let operation = DeltaOperation::Create {
            mode: SaveMode::ErrorIfExists,
            location: inner.table_url().clone(),
            protocol,
            metadata,
        };
        let commit = CommitBuilder::default().with_actions(actions).with_max_retries(0).build(
            None,
            inner.log_store(),
            operation,
        );
        wait_for(async move { commit.await })?.or_cannot_at("create the Delta table", root)?;
        wait_for(inner.load())?.or_cannot_at("read the Delta table", root)?;
        let table = Self { inner, root: root.to_path_buf() };
        table.keep_log_copies();
        Ok(table)
    }
}
