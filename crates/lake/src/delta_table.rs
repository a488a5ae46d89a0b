//! One Delta table in a local folder: opening it at a version, and what that version is. How it is created and
//! changed is in `create.rs` and `commit.rs`.

use crate::commit_info::{HistoryEntry, history_entry};
use crate::opened_tables::{self, LogStamp};
use crate::runtime::wait_for;
use arrow::datatypes::{Schema, SchemaRef};
use deltalake::kernel::DeletionVectorDescriptor;
use deltalake::kernel::engine::arrow_conversion::TryIntoArrow as _;
use ingot_core::error::{Context, Error, Result};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

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
    /// Some of its rows were deleted, which readers of the file must leave out ([`DeltaTable::deleted_rows`]).
    pub(crate) deletion_vector: Option<DeletionVectorDescriptor>,
}

impl LiveFile {
    /// Whether readers of the file must leave out some of its rows.
    pub fn has_deletion_vector(&self) -> bool {
        self.deletion_vector.is_some()
    }

    /// Whether both are the same file with the same rows deleted.
    pub fn has_rows_of(&self, other: &Self) -> bool {
        self.relative == other.relative && self.deletion_vector == other.deletion_vector
    }
}

/// An open Delta table at one of its versions.
pub struct DeltaTable {
    pub(crate) inner: deltalake::DeltaTable,
    pub(crate) root: PathBuf,
}

impl DeltaTable {
    /// Whether a Delta table can be in the folder or below it. The folder need not exist: ask before long work.
    ///
    /// # Errors
    /// It cannot: a name on the way to the folder looks like part of a URL.
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

    /// Opens the newest version.
    ///
    /// # Errors
    /// No Delta table is in the folder, or its log cannot be read.
    pub fn open(root: &Path) -> Result<Self> {
        Self::check_log(root)?;
        if let Some(inner) = opened_tables::known(root) {
            return Ok(Self { inner, root: root.to_path_buf() });
        }
        let seen = LogStamp::of(root);
        let table = Self::read(root, builder(root)?)?;
        opened_tables::remember_read(root, seen, &table.inner);
        Ok(table)
    }

    /// Opens the table as it was at a version.
    ///
    /// # Errors
    /// As [`DeltaTable::open`], or that version's log file was cleaned away.
    pub fn open_at(root: &Path, version: u64) -> Result<Self> {
        Self::check_log(root)?;
        Self::read(root, builder(root)?.with_version(version))
    }

    fn check_log(root: &Path) -> Result<()> {
        refuse_escapes(root)?;
        match Self::exists(root) {
            true => Ok(()),
            false => Err(Error::new("there is no Delta table in the folder").at(root)),
        }
    }

    fn read(root: &Path, builder: deltalake::DeltaTableBuilder) -> Result<Self> {
        let inner = wait_for(builder.load())?.or_cannot_at("read the Delta table", root)?;
        Ok(Self { inner, root: root.to_path_buf() })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The version that is loaded.
    pub fn version(&self) -> u64 {
        self.inner.version().unwrap_or_default()
    }

    /// The log file of the version that is loaded.
    pub fn log_file(&self) -> PathBuf {
        self.log_file_of(self.version())
    }

    /// The file of the log of a version, which may be gone.
    pub fn log_file_of(&self, version: u64) -> PathBuf {
        self.root.join("_delta_log").join(format!("{version:020}.json"))
    }

    /// All columns, partition columns too, in the table's order.
    ///
    /// # Errors
    /// A column has a type that Arrow lacks.
    pub fn schema(&self) -> Result<SchemaRef> {
        let state = self.inner.snapshot().or_cannot_at("read the Delta table", &self.root)?;
        let schema: Schema = state
            .schema()
            .as_ref()
            .try_into_arrow()
            .or_cannot_at("read the types of the table's columns", &self.root)?;
        Ok(schema.into())
    }

    pub fn partition_columns(&self) -> Result<Vec<String>> {
        let state = self.inner.snapshot().or_cannot_at("read the Delta table", &self.root)?;
        Ok(state.metadata().partition_columns().to_vec())
    }

    /// The table's properties: `delta.columnMapping.mode` and the like.
    pub fn properties(&self) -> Result<HashMap<String, String>> {
        let state = self.inner.snapshot().or_cannot_at("read the Delta table", &self.root)?;
        Ok(state.metadata().configuration().clone())
    }

    /// The data files of the loaded version, in the order of their names.
    ///
    /// # Errors
    /// The log of the table was not read.
    pub fn files(&self) -> Result<Vec<LiveFile>> {
        let state = self.inner.snapshot().or_cannot_at("read the Delta table", &self.root)?;
        let mut files: Vec<LiveFile> = state
            .log_data()
            .iter()
            .map(|view| {
                let relative = view.path().into_owned();
                LiveFile {
                    // A shallow clone names the files of another table by their URLs.
                    path: self.root.join(relative.strip_prefix("file://").unwrap_or(&relative)),
                    relative,
                    bytes: u64::try_from(view.size()).unwrap_or_default(),
                    rows: view.num_records().map(|rows| rows as u64),
                    partition_values: view.partition_values_map().into_iter().collect(),
                    deletion_vector: view.deletion_vector_descriptor(),
                }
            })
            .collect();
        files.sort_by(|a, b| a.relative.cmp(&b.relative));
        Ok(files)
    }

    /// The live files of which the log says what is in them: the path relative to the table's folder, and Delta's statistics
    /// (`minValues`, `maxValues`, …) as JSON text.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn statistics(&self) -> Result<Vec<(String, String)>> {
        let state = self.inner.snapshot().or_cannot_at("read the Delta table", &self.root)?;
        let log = state.log_data();
        Ok(log.iter().filter_map(|view| Some((view.path().into_owned(), view.stats()?))).collect())
    }

    /// The commits up to the loaded version whose log files are still there, oldest first.
    ///
    /// # Errors
    /// A log file cannot be read.
    pub fn history(&self) -> Result<Vec<HistoryEntry>> {
        let mut entries = Vec::new();
        for version in (0..=self.version()).rev() {
            // Older ones were cleaned away after a checkpoint.
            let Some(entry) = self.commit_of(version)? else { break };
            entries.push(entry);
        }
        entries.reverse();
        Ok(entries)
    }

    /// The commit of the loaded version; `None` if its log file was cleaned away.
    ///
    /// # Errors
    /// The log file cannot be read.
    pub fn last_commit(&self) -> Result<Option<HistoryEntry>> {
        self.commit_of(self.version())
    }

    /// The commit of a version; `None` if its log file was cleaned away.
    ///
    /// # Errors
    /// The log file cannot be read.
    pub fn commit_of(&self, version: u64) -> Result<Option<HistoryEntry>> {
        let bytes = wait_for(self.inner.log_store().read_commit_entry(version))?
            .or_cannot_at(format!("read version {version} of the Delta log"), &self.root)?;
        bytes.map(|bytes| history_entry(version, &bytes, &self.root)).transpose()
    }

    /// What tells the table from another one that was made in its folder later.
    ///
    /// # Errors
    /// The log of the table was not read.
    pub fn id(&self) -> Result<String> {
        let state = self.inner.snapshot().or_cannot_at("read the Delta table", &self.root)?;
        Ok(state.metadata().id().to_owned())
    }
}

/// The library decodes the path of a table as a URL once too often: what looks like an escape (`%20`) in the
/// name of a folder would lead it to another folder.
pub(crate) fn refuse_escapes(root: &Path) -> Result<()> {
    let absolute = std::path::absolute(root).or_cannot_at("find the folder", root)?;
    let text = absolute.to_string_lossy();
    let escape = text.match_indices('%').any(|(at, _)| {
        text.as_bytes().get(at + 1..at + 3).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit))
    });
    if escape {
        return Err(Error::new(
            "a Delta table cannot be in a folder whose name contains % and two hexadecimal digits",
        )
        .at(absolute)
        .hint("rename the folder, or move the project"));
    }
    Ok(())
}

pub(crate) fn builder(root: &Path) -> Result<deltalake::DeltaTableBuilder> {
    let absolute = std::path::absolute(root).or_cannot_at("find the folder", root)?;
    let text = absolute.to_str().ok_or_else(|| Error::new("the folder's name is not UTF-8").at(root))?;
    let url = deltalake::ensure_table_uri(text).or_cannot_at("open the folder", root)?;
    deltalake::DeltaTableBuilder::from_url(url).or_cannot_at("open the folder", root)
}
