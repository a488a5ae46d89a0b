//! A Delta table with versions, written through the lake with fixed ids, names and times, so that
//! equal rows give equal bytes.
//!
//! Data files are written where rows are made ([`DeltaFile`]); the commits that make them a table come
//! afterwards and in order ([`DeltaCommits::apply`]), because the lake's runtime must not block a worker.

use super::parquet::{BatchTable, Rows};
use crate::cell::Record;
use ingot_core::error::{Error, Result};
use ingot_lake::arrow::datatypes::{Schema, SchemaRef};
use ingot_lake::{
    Changes, CommitDetails, DataFileWriter, DeltaTable, NewFile, TableDefinition, clear_unfinished_commits,
};
use std::path::{Path, PathBuf};

/// A data file in the making.
pub(crate) struct DeltaFile<'t, R> {
    rows: Rows<'t, R>,
    writer: DataFileWriter,
}

impl<'t, R: Record> DeltaFile<'t, R> {
    /// `name` must be new in the table's folder.
    pub(crate) fn create(batches: &'t BatchTable<R>, table: &Path, name: &str) -> Result<Self> {
        let writer = DataFileWriter::create(table, name, Vec::new(), batches.schema.clone(), &[])?;
        Ok(Self { rows: batches.rows(), writer })
    }

    pub(crate) fn write(&mut self, row: &R) -> Result<()> {
        match self.rows.push(row)? {
            Some(batch) => self.writer.write(&batch),
            None => Ok(()),
        }
    }

    pub(crate) fn finish(mut self) -> Result<NewFile> {
        if let Some(batch) = self.rows.take()? {
            self.writer.write(&batch)?;
        }
        self.writer.finish()
    }
}

/// One version to come.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    /// `WRITE`, `MERGE`: what Delta's history shows.
    pub(crate) operation: &'static str,
    pub(crate) add: Vec<NewFile>,
    /// Names of data files that this version no longer has.
    pub(crate) remove: Vec<String>,
    pub(crate) schema: SchemaRef,
    /// Milliseconds since 1970.
    pub(crate) timestamp: i64,
}

/// The versions to come of one table.
#[derive(Debug, Clone)]
pub(crate) struct DeltaCommits {
    pub(crate) table: PathBuf,
    pub(crate) name: String,
    pub(crate) id: String,
    /// The number of the first of the versions.
    pub(crate) first_version: u64,
    pub(crate) versions: Vec<Version>,
}

impl DeltaCommits {
    /// Commits the versions: the first creates the table if there is none. Versions that the table
    /// has already (an earlier run was cut off after them) are passed over.
    pub(crate) fn apply(self) -> Result<()> {
        clear_unfinished_commits(&self.table)?;
        let mut table =
            if DeltaTable::exists(&self.table) { Some(DeltaTable::open(&self.table)?) } else { None };
        for (number, version) in (self.first_version..).zip(self.versions) {
            if table.as_ref().is_some_and(|table| table.version() >= number) {
                continue;
            }
            // The source is another system, which does not keep hashes of its files.
            let add = version.add.into_iter().map(|file| NewFile { hash: None, ..file }).collect();
            let details = CommitDetails {
                operation: version.operation,
                timestamp: Some(version.timestamp),
                ..CommitDetails::default()
            };
            match &mut table {
                None => {
                    let definition = TableDefinition {
                        name: self.name.clone(),
                        schema: nullable(&version.schema),
                        partition_columns: Vec::new(),
                        properties: Vec::new(),
                        id: Some(self.id.clone()),
                    };
                    table = Some(DeltaTable::create_with(&self.table, &definition, add, &details)?);
                }
                Some(table) => {
                    let schema = nullable(&version.schema);
                    let grown = schema.fields().len() > table.schema()?.fields().len();
                    let files = table.files()?;
                    let remove = version
                        .remove
                        .iter()
                        .map(|name| {
                            files.iter().find(|file| file.relative == *name).cloned().ok_or_else(|| {
                                Error::new(format!("{name} is not in the Delta table")).at(&self.table)
                            })
                        })
                        .collect::<Result<Vec<_>>>()?;
                    table.commit(Changes { add, remove, schema: grown.then_some(schema) }, &details)?;
                }
            }
        }
        Ok(())
    }
}

/// As other systems deliver it: every column may be null.
fn nullable(schema: &Schema) -> Schema {
    Schema::new(
        schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect::<Vec<_>>(),
    )
}
