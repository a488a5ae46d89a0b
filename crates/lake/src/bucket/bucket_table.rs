//! A Delta table in a bucket, for writers that add to it. A commit is one conditional put of the next file of the log, and no other
//! lock is needed: of all who try for a version, one wins, and the others read what it did and try for the next.

use super::objects::Bucket;
use crate::actions::{add, protocol, with_columns};
use crate::commit_info::{CommitDetails, HistoryEntry, commit_info, history_entry};
use crate::create::{CHECKPOINT_INTERVAL, TableDefinition, new_metadata};
use crate::data_file::NewFile;
use crate::runtime::wait_for;
use arrow::datatypes::{Schema, SchemaRef};
use bytes::Bytes;
use deltalake::checkpoints::create_checkpoint;
use deltalake::kernel::Action;
use deltalake::kernel::engine::arrow_conversion::TryIntoArrow as _;
use deltalake::logstore::{LogStoreRef, StorageConfig, default_logstore};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use ingot_core::error::{Context as _, Error, Result};
use memchr::memmem;
use object_store::ObjectStore;
use object_store::prefix::PrefixStore;
use std::path::PathBuf;
use std::sync::Arc;
use url::Url;

/// The newest version of the protocol that writers here know. Tables that they make have it (`actions::protocol`).
const WRITER_VERSION: i32 = 2;
/// Files of the log that are read at once.
const READ_AT_ONCE: usize = 16;

/// A Delta table in a bucket. It need not be there yet.
pub struct BucketTable {
    bucket: Bucket,
    /// Relative to the bucket's prefix.
    folder: String,
    log: LogStoreRef,
    /// At a version not newer than `version`, with the columns and properties of it.
    inner: Option<deltalake::DeltaTable>,
    version: Option<u64>,
}

/// What became of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// It is this version.
    Committed(u64),
    /// Another writer has made the next version: see [`BucketTable::follow`], and commit again.
    Overtaken,
}

/// A commit that is read back from the log.
pub struct LoggedCommit {
    pub entry: HistoryEntry,
    /// Whether it changed the table's columns, properties or protocol.
    pub changes_table: bool,
    /// When the file of the log was written, by the store's clock, milliseconds since 1970.
    pub written: i64,
}

impl BucketTable {
    /// The table in a folder of the bucket at its newest version.
    ///
    /// # Errors
    /// Its log cannot be read.
    pub fn open(bucket: &Bucket, folder: &str) -> Result<Self> {
        let url = Url::parse(&format!("{}/", bucket.address_of(folder)))
            .or_cannot("read the address of the table")?;
        let root: Arc<dyn ObjectStore> = bucket.store.clone();
        let prefixed = Arc::new(PrefixStore::new(root.clone(), bucket.key(folder)?));
        let log = default_logstore(prefixed, root, &url, &StorageConfig::default());
        let mut table =
            Self { bucket: bucket.clone(), folder: folder.to_owned(), log, inner: None, version: None };
        if table.in_log(|log| async move { log.is_delta_table_location().await })? {
            table.load(None)?;
        }
        Ok(table)
    }

    fn in_log<T, F: Future<Output = Result<T, deltalake::DeltaTableError>>>(
        &self,
        ask: impl FnOnce(LogStoreRef) -> F,
    ) -> Result<T> {
        wait_for(ask(self.log.clone()))?.map_err(|error| self.refused(error))
    }

    fn refused(&self, error: deltalake::DeltaTableError) -> Error {
        match error {
            deltalake::DeltaTableError::ObjectStore { source } => {
                self.bucket.refused("read the Delta log", &self.folder, &source)
            }
            other => Error::new("cannot read the Delta table").at(self.address()).caused_by(other),
        }
    }

    /// Loads the columns and properties of a version, the newest if it is `None`.
    fn load(&mut self, version: Option<u64>) -> Result<()> {
        let mut inner = self.inner.take().unwrap_or_else(|| deltalake::DeltaTable::new(self.log.clone()));
        wait_for(inner.update_incremental(version))?.map_err(|error| self.refused(error))?;
        let needed = inner.snapshot().map_err(|error| self.refused(error))?.protocol().min_writer_version();
        if needed > WRITER_VERSION {
            return Err(Error::new(format!(
                "the Delta table needs writers of version {needed} of the protocol, and ingot writes version {WRITER_VERSION}"
            ))
            .at(self.address())
            .hint("another program has turned on features of the table: turn them off there, or load into another lake"));
        }
        self.version = inner.version();
        self.inner = Some(inner);
        Ok(())
    }

    /// `s3://bucket/lake/bronze/delta/orders`.
    pub fn address(&self) -> String {
        self.bucket.address_of(&self.folder)
    }

    /// What tells the table from another one that was made in its place later; `None` if there is no table.
    ///
    /// # Errors
    /// The log was not read.
    pub fn id(&self) -> Result<Option<String>> {
        let Some(inner) = &self.inner else { return Ok(None) };
        Ok(Some(inner.snapshot().map_err(|error| self.refused(error))?.metadata().id().to_owned()))
    }

    /// The newest version that is known; `None` if there is no table.
    pub fn version(&self) -> Option<u64> {
        self.version
    }

    /// All columns, partition columns too, in the table's order; `None` if there is no table.
    ///
    /// # Errors
    /// A column has a type that Arrow lacks.
    pub fn schema(&self) -> Result<Option<SchemaRef>> {
        let Some(inner) = &self.inner else { return Ok(None) };
        let state = inner.snapshot().map_err(|error| self.refused(error))?;
        let schema: Schema = state
            .schema()
            .as_ref()
            .try_into_arrow()
            .or_cannot(format!("read the types of the columns of {}", self.address()))?;
        Ok(Some(schema.into()))
    }

    /// Data files and their rows in the newest version.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn size(&self) -> Result<(u64, u64)> {
        let Some(inner) = &self.inner else { return Ok((0, 0)) };
        let state = inner.snapshot().map_err(|error| self.refused(error))?;
        let log = state.log_data();
        Ok(log.iter().fold((0, 0), |(files, rows), file| {
            (files + 1, rows + file.num_records().unwrap_or_default() as u64)
        }))
    }

    fn log_file(&self, version: u64) -> String {
        format!("{}/_delta_log/{version:020}.json", self.folder)
    }

    /// The commit of a version; `None` if it is not there.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn commit_of(&self, version: u64) -> Result<Option<LoggedCommit>> {
        wait_for(self.read_commit(version))?
    }

    /// The commits of these versions, several of them read at once; `None` for those that are not there.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn commits_of(&self, from: u64, to: u64) -> Result<Vec<Option<LoggedCommit>>> {
        let commits = stream::iter((from..=to).map(|version| self.read_commit(version)));
        wait_for(commits.buffered(READ_AT_ONCE).try_collect())?
    }

    async fn read_commit(&self, version: u64) -> Result<Option<LoggedCommit>> {
        let file = self.log_file(version);
        let Some((bytes, written)) = self.bucket.read_dated(&file).await? else { return Ok(None) };
        let entry = history_entry(version, &bytes, &PathBuf::from(self.bucket.address_of(&file)))?;
        let has = |action: &str| {
            bytes.starts_with(format!("{{\"{action}\"").as_bytes())
                || memmem::find(&bytes, format!("\n{{\"{action}\"").as_bytes()).is_some()
        };
        let changes_table = has("metaData") || has("protocol");
        Ok(Some(LoggedCommit { entry, changes_table, written }))
    }

    /// The next commit of another writer, after which the table is at its version; `None` if there is none.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn follow(&mut self) -> Result<Option<LoggedCommit>> {
        let next = self.version.map_or(0, |version| version + 1);
        let Some(commit) = self.commit_of(next)? else { return Ok(None) };
        if commit.changes_table {
            self.load(Some(next))?;
        }
        self.version = Some(next);
        Ok(Some(commit))
    }

    /// Tries to make the next version, which adds these files; the first one makes the table. `schema` are the table's columns from
    /// then on, if they change. The files must be in the bucket already.
    ///
    /// # Errors
    /// The store refuses. If it does not answer, the commit may still be made: what it names must stay.
    pub fn commit(
        &mut self,
        definition: &TableDefinition,
        files: &[NewFile],
        schema: Option<&Schema>,
        details: &CommitDetails,
    ) -> Result<Attempt> {
        let timestamp = details.time();
        let root = PathBuf::from(self.address());
        let mut actions: Vec<Action> = vec![commit_info(details, timestamp).into()];
        match &self.inner {
            None => {
                actions.push(protocol(&root)?.into());
                let columns = schema.unwrap_or(&definition.schema);
                actions.push(new_metadata(definition, columns, timestamp, &root)?.into());
            }
            Some(inner) => {
                if let Some(schema) = schema {
                    let state = inner.snapshot().map_err(|error| self.refused(error))?;
                    actions.push(with_columns(state.metadata(), schema, &root)?.into());
                }
            }
        }
        actions.extend(files.iter().map(|file| add(file.clone(), timestamp).into()));
        let mut bytes = Vec::new();
        for action in &actions {
            serde_json::to_writer(&mut bytes, action).or_cannot("write the commit as JSON")?;
            bytes.push(b'\n');
        }
        let version = self.version.map_or(0, |version| version + 1);
        if !self.bucket.put_new(&self.log_file(version), &Bytes::from(bytes))? {
            return Ok(Attempt::Overtaken);
        }
        self.version = Some(version);
        if self.inner.is_none() || schema.is_some() {
            self.load(Some(version))?;
        }
        Ok(Attempt::Committed(version))
    }

    /// Writes a checkpoint of the newest version if it is one of those that should have one: who reads the table reads that and the
    /// commits since.
    ///
    /// # Errors
    /// The store refuses. The table is complete all the same.
    pub fn checkpoint_if_due(&mut self) -> Result<()> {
        let Some(version) =
            self.version.filter(|version| (version + 1).is_multiple_of(CHECKPOINT_INTERVAL.into()))
        else {
            return Ok(());
        };
        // From nothing: a table that was followed for long would keep each commit in memory.
        self.inner = None;
        self.load(Some(version))?;
        match &self.inner {
            Some(inner) => wait_for(create_checkpoint(inner, None))?.map_err(|error| self.refused(error)),
            None => Ok(()),
        }
    }
}
