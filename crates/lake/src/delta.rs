//! One Delta table in a local folder.
//!
//! Every change is one commit: files added, files removed and perhaps a new schema, all or nothing.
//! A commit is refused if another writer has committed since this table was opened and the two cannot both stand.
//! What the caller wants remembered with a commit goes under the key `ingot` of its `commitInfo`.
//!
//! Given fixed ids, names and times ([`TableDefinition`], [`CommitDetails`], [`NewFile`]), equal
//! calls write equal bytes, as long as a table has at most one partition column.

use super::data_file::NewFile;
use super::runtime::wait_for;
use arrow::datatypes::{Schema, SchemaRef};
use deltalake::kernel::engine::arrow_conversion::{TryIntoArrow as _, TryIntoKernel as _};
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference};
use deltalake::kernel::{Action, Add, CommitInfo, Metadata, Protocol, Remove, StructType};
use deltalake::protocol::{DeltaOperation, SaveMode};
use ingot_core::error::{Context as _, Error, Result};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// The key of `commitInfo` under which [`CommitDetails::metadata`] is kept.
const METADATA_KEY: &str = "ingot";

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

/// What one commit does. The files that it adds already lie in the table's folder.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub add: Vec<NewFile>,
    pub remove: Vec<LiveFile>,
    /// The table's columns from this commit on: the old ones in their order, then nullable new ones.
    pub schema: Option<Schema>,
}

/// What is remembered with a commit.
#[derive(Debug, Clone, Default)]
pub struct CommitDetails {
    /// `WRITE`, `MERGE`, …: shown by every Delta tool.
    pub operation: &'static str,
    /// Free-form; comes back as [`HistoryEntry::metadata`].
    pub metadata: Map<String, Value>,
    /// Milliseconds since 1970; now if not given.
    pub timestamp: Option<i64>,
}

/// One commit that happened.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    pub version: u64,
    /// Milliseconds since 1970.
    pub timestamp: Option<i64>,
    pub operation: Option<String>,
    /// What [`CommitDetails::metadata`] was; empty if another program made the commit.
    pub metadata: Map<String, Value>,
}

/// A data file of the version that is loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveFile {
    /// Relative to the table's folder, with `/`.
    pub relative: String,
    pub path: PathBuf,
    pub bytes: u64,
    /// `None` if the file's statistics do not say.
    pub rows: Option<u64>,
    pub partition_values: BTreeMap<String, Option<String>>,
    /// Rows of the file have been deleted by a deletion vector, which must be applied by who reads it.
    pub has_deletion_vector: bool,
}

/// An open Delta table at one of its versions.
pub struct DeltaTable {
    inner: deltalake::DeltaTable,
    root: PathBuf,
}

/// The library reads the path of a table as a URL once too often: what looks like an escape (`%20`) in a folder's
/// name would lead it to another folder.
fn refuse_escapes(root: &Path) -> Result<()> {
    let absolute = std::path::absolute(root).doing_to("finding the folder", root)?;
    let text = absolute.to_string_lossy();
    let escape = text.match_indices('%').any(|(at, _)| {
        text.as_bytes().get(at + 1..at + 3).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit))
    });
    if escape {
        return Err(Error::new("a Delta table cannot lie in a folder whose name has % and two digits in it")
            .at(absolute)
            .hint("rename the folder, or move the project"));
    }
    Ok(())
}

impl DeltaTable {
    /// Fails if no Delta table can lie below the folder, which need not exist: to be asked before long work.
    pub fn check_place(folder: &Path) -> Result<()> {
        refuse_escapes(folder)
    }

    /// Whether the folder holds a Delta table (its first commit or a checkpoint is there).
    pub fn exists(root: &Path) -> bool {
        let log = root.join("_delta_log");
        log.join("_last_checkpoint").is_file()
            || std::fs::read_dir(&log).is_ok_and(|entries| {
                entries.flatten().any(|entry| {
                    let name = entry.file_name();
                    let name = name.to_string_lossy();
                    name.len() == 25 && name.ends_with(".json") && name.as_bytes()[0].is_ascii_digit()
                })
            })
    }

    /// Creates an empty table (version 0). Fails if there is one.
    pub fn create(root: &Path, definition: &TableDefinition, details: &CommitDetails) -> Result<Self> {
        Self::create_with(root, definition, Vec::new(), details)
    }

    /// Creates a table whose version 0 already holds these files.
    pub fn create_with(
        root: &Path,
        definition: &TableDefinition,
        files: Vec<NewFile>,
        details: &CommitDetails,
    ) -> Result<Self> {
        refuse_escapes(root)?;
        if Self::exists(root) {
            return Err(Error::new("there is a Delta table already").at(root));
        }
        std::fs::create_dir_all(root).doing_to("creating the folder", root)?;
        let mut inner = builder(root)?.build().doing_to("opening the folder", root)?;
        let timestamp = details.timestamp.unwrap_or_else(now);
        let protocol = protocol(root)?;
        let metadata = metadata(
            definition.id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
            Some(&definition.name),
            &kernel_schema(&definition.schema, root)?,
            &definition.partition_columns,
            definition.properties.iter().cloned().collect(),
            Some(timestamp),
            root,
        )?;
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
        wait_for(async move { commit.await })?.doing_to("creating the Delta table", root)?;
        wait_for(inner.load())?.doing_to("reading the Delta table", root)?;
        Ok(Self { inner, root: root.to_path_buf() })
    }

    /// Opens the newest version.
    pub fn open(root: &Path) -> Result<Self> {
        Self::open_as(root, None)
    }

    /// Opens the table as it was at a version.
    pub fn open_at(root: &Path, version: u64) -> Result<Self> {
        Self::open_as(root, Some(version))
    }

    fn open_as(root: &Path, version: Option<u64>) -> Result<Self> {
        refuse_escapes(root)?;
        if !Self::exists(root) {
            return Err(Error::new("no Delta table here").at(root));
        }
        let mut builder = builder(root)?;
        if let Some(version) = version {
            builder = builder.with_version(version);
        }
        let inner = wait_for(builder.load())?.doing_to("reading the Delta table", root)?;
        Ok(Self { inner, root: root.to_path_buf() })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The version that is loaded.
    pub fn version(&self) -> u64 {
        self.inner.version().unwrap_or_default()
    }

    /// The log's file of the version that is loaded.
    pub fn log_file(&self) -> PathBuf {
        self.root.join("_delta_log").join(format!("{:020}.json", self.version()))
    }

    /// All columns, partition columns too, in the table's order.
    pub fn schema(&self) -> Result<SchemaRef> {
        let state = self.inner.snapshot().doing_to("reading the Delta table", &self.root)?;
        let schema: Schema = state.schema().as_ref().try_into_arrow().map_err(|error| {
            Error::new("the table's columns are not understood").at(&self.root).caused_by(error)
        })?;
        Ok(schema.into())
    }

    pub fn partition_columns(&self) -> Result<Vec<String>> {
        let state = self.inner.snapshot().doing_to("reading the Delta table", &self.root)?;
        Ok(state.metadata().partition_columns().to_vec())
    }

    /// The table's properties: `delta.columnMapping.mode` and the like.
    pub fn properties(&self) -> Result<HashMap<String, String>> {
        let state = self.inner.snapshot().doing_to("reading the Delta table", &self.root)?;
        Ok(state.metadata().configuration().clone())
    }

    /// The data files of the loaded version, in the order of their names.
    pub fn files(&self) -> Result<Vec<LiveFile>> {
        let state = self.inner.snapshot().doing_to("reading the Delta table", &self.root)?;
        let mut files: Vec<LiveFile> = state
            .log_data()
            .iter()
            .map(|view| {
                let relative = view.path().into_owned();
                LiveFile {
                    path: self.root.join(&relative),
                    relative,
                    bytes: u64::try_from(view.size()).unwrap_or_default(),
                    rows: view.num_records().map(|rows| rows as u64),
                    partition_values: view.partition_values_map().into_iter().collect(),
                    has_deletion_vector: view.deletion_vector_descriptor().is_some(),
                }
            })
            .collect();
        files.sort_by(|a, b| a.relative.cmp(&b.relative));
        Ok(files)
    }

    /// The commits up to the loaded version whose log files are still there, oldest first.
    pub fn history(&self) -> Result<Vec<HistoryEntry>> {
        let store = self.inner.log_store();
        let mut entries = Vec::new();
        for version in (0..=self.version()).rev() {
            let bytes = wait_for(store.read_commit_entry(version))?
                .doing_to(format!("reading version {version} of the Delta log"), &self.root)?;
            // Older ones were cleaned away after a checkpoint.
            let Some(bytes) = bytes else { break };
            entries.push(history_entry(version, &bytes, &self.root)?);
        }
        entries.reverse();
        Ok(entries)
    }

    /// The commit of the loaded version; `None` if its log file was cleaned away.
    pub fn last_commit(&self) -> Result<Option<HistoryEntry>> {
        let version = self.version();
        let bytes = wait_for(self.inner.log_store().read_commit_entry(version))?
            .doing_to(format!("reading version {version} of the Delta log"), &self.root)?;
        bytes.map(|bytes| history_entry(version, &bytes, &self.root)).transpose()
    }

    /// Makes one commit and loads it. Returns its version.
    pub fn commit(&mut self, changes: Changes, details: &CommitDetails) -> Result<u64> {
        let timestamp = details.timestamp.unwrap_or_else(now);
        let commit = {
            let state = self.inner.snapshot().doing_to("reading the Delta table", &self.root)?;
            let mut actions: Vec<Action> = vec![commit_info(details, timestamp).into()];
            if let Some(schema) = &changes.schema {
                let old = state.metadata();
                actions.push(
                    metadata(
                        old.id().to_owned(),
                        old.name(),
                        &kernel_schema(schema, &self.root)?,
                        old.partition_columns(),
                        old.configuration().clone(),
                        old.created_time(),
                        &self.root,
                    )?
                    .into(),
                );
            }
            actions.extend(changes.remove.iter().map(|file| remove(file, timestamp).into()));
            actions.extend(changes.add.into_iter().map(|file| add(file, timestamp).into()));
            let operation = if changes.remove.is_empty() {
                DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None }
            } else {
                DeltaOperation::Update { predicate: None }
            };
            let commit = CommitBuilder::from(CommitProperties::default()).with_actions(actions).build(
                Some(state as &dyn TableReference),
                self.inner.log_store(),
                operation,
            );
            wait_for(async move { commit.await })?.doing_to("committing to the Delta table", &self.root)?
        };
        let version = commit.version();
        wait_for(self.inner.load())?.doing_to("reading the Delta table", &self.root)?;
        Ok(version)
    }
}

fn builder(root: &Path) -> Result<deltalake::DeltaTableBuilder> {
    let absolute = std::path::absolute(root).doing_to("finding the folder", root)?;
    let text = absolute.to_str().ok_or_else(|| Error::new("the folder's name is not UTF-8").at(root))?;
    let url = deltalake::ensure_table_uri(text).doing_to("opening the folder", root)?;
    deltalake::DeltaTableBuilder::from_url(url).doing_to("opening the folder", root)
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn protocol(root: &Path) -> Result<Protocol> {
    serde_json::from_value(json!({ "minReaderVersion": 1, "minWriterVersion": 2 }))
        .doing_to("stating the Delta protocol", root)
}

/// The library has no constructor for this action, so it is made from the JSON that the protocol defines.
fn metadata(
    id: String,
    name: Option<&str>,
    schema: &StructType,
    partition_columns: &[String],
    properties: HashMap<String, String>,
    created: Option<i64>,
    root: &Path,
) -> Result<Metadata> {
    let doing = "stating the table's metadata";
    let schema = serde_json::to_string(schema).doing_to(doing, root)?;
    serde_json::from_value(json!({
        "id": id,
        "name": name,
        "description": null,
        "format": { "provider": "parquet", "options": {} },
        "schemaString": schema,
        "partitionColumns": partition_columns,
        "configuration": properties,
        "createdTime": created,
    }))
    .doing_to(doing, root)
}

fn kernel_schema(schema: &Schema, root: &Path) -> Result<StructType> {
    schema
        .try_into_kernel()
        .map_err(|error| Error::new("a column's type has no counterpart in Delta").at(root).caused_by(error))
}

fn commit_info(details: &CommitDetails, timestamp: i64) -> CommitInfo {
    let mut info = HashMap::new();
    if !details.metadata.is_empty() {
        info.insert(METADATA_KEY.to_owned(), Value::Object(details.metadata.clone()));
    }
    CommitInfo {
        timestamp: Some(timestamp),
        operation: Some(details.operation.to_owned()),
        engine_info: Some(concat!("ingot/", env!("CARGO_PKG_VERSION")).to_owned()),
        info,
        ..CommitInfo::default()
    }
}

fn add(file: NewFile, timestamp: i64) -> Add {
    Add {
        path: file.relative,
        partition_values: file.partition_values.into_iter().collect(),
        size: i64::try_from(file.bytes).unwrap_or(i64::MAX),
        modification_time: file.modified.unwrap_or(timestamp),
        data_change: true,
        stats: Some(file.statistics),
        ..Add::default()
    }
}

fn remove(file: &LiveFile, timestamp: i64) -> Remove {
    Remove {
        path: file.relative.clone(),
        data_change: true,
        deletion_timestamp: Some(timestamp),
        extended_file_metadata: Some(true),
        partition_values: Some(file.partition_values.clone().into_iter().collect()),
        size: i64::try_from(file.bytes).ok(),
        ..Remove::default()
    }
}

fn history_entry(version: u64, bytes: &[u8], root: &Path) -> Result<HistoryEntry> {
    let mut entry = HistoryEntry { version, timestamp: None, operation: None, metadata: Map::new() };
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        // The commit's line alone is looked at; those of files may be many.
        if memchr::memmem::find(line, b"\"commitInfo\"").is_none() {
            continue;
        }
        let action: Value = serde_json::from_slice(line)
            .doing_to(format!("reading version {version} of the Delta log"), root)?;
        if let Some(info) = action.get("commitInfo") {
            entry.timestamp = info.get("timestamp").and_then(Value::as_i64);
            entry.operation = info.get("operation").and_then(Value::as_str).map(str::to_owned);
            if let Some(Value::Object(metadata)) = info.get(METADATA_KEY) {
                entry.metadata = metadata.clone();
            }
        }
    }
    Ok(entry)
}
