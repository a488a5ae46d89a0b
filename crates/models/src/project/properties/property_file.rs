//! What one property file says, taken apart.

use crate::graph::column::Column;
use crate::graph::function::Function;
use crate::graph::property_entry::Entry;
use crate::json_values::Object;
use crate::warnings::Warning;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

/// A test as it is written in the file, and its line.
#[derive(Debug, Clone)]
pub(crate) struct DeclaredTest {
    pub entry: Json,
    pub line: usize,
    /// The column it is on, quoted if the column asks for it.
    pub column: Option<String>,
    pub column_tags: Vec<String>,
}

/// What one entry under `models:`, `seeds:`, `snapshots:`, … says.
#[derive(Debug, Clone)]
pub(crate) struct Patch {
    /// `models`, `seeds`, `snapshots`, `analyses`, `data_tests`.
    pub kind: &'static str,
    pub name: String,
    pub package_name: String,
    pub file: PathBuf,
    /// Relative to the package's root.
    pub original_file_path: String,
    pub line: usize,
    pub description: String,
    pub columns: Vec<Column>,
    pub tests: Vec<DeclaredTest>,
    pub config: Object,
    /// The same with its templates as written.
    pub unrendered_config: Object,
    pub constraints: Vec<Json>,
    pub deprecation_date: Option<String>,
    /// `time_spine:` of a model, as the manifest has it.
    pub time_spine: Option<Json>,
    /// Of a function.
    pub function: Option<Function>,
    /// `ref(...)` or `source(...)` of a snapshot that has no SQL of its own.
    pub relation: Option<String>,
    pub versions: Vec<VersionEntry>,
    /// What `latest_version:` says, or else the highest one.
    pub latest_version: Option<String>,
    /// Which of the versions this patch is for, once [`Patch::for_version`] made it.
    pub version: Option<String>,
}

/// One table of a source, with what the source says for all its tables.
#[derive(Debug, Clone)]
pub(crate) struct SourceEntry {
    pub package_name: String,
    pub file: PathBuf,
    pub original_file_path: String,
    pub line: usize,
    pub source: Object,
    /// `database` and `schema` of the source, with their templates as written.
    pub unrendered: [Option<String>; 2],
    pub table: Object,
    pub columns: Vec<Column>,
    pub tests: Vec<DeclaredTest>,
}

/// An entry of `unit_tests:`, with nothing but its `config:` rendered.
#[derive(Debug, Clone)]
pub(crate) struct UnitTestEntry {
    pub package_name: String,
    pub file: PathBuf,
    pub original_file_path: String,
    pub line: usize,
    pub members: Object,
}

/// Everything of one file.
#[derive(Debug, Default)]
pub(crate) struct PropertyFile {
    pub patches: Vec<Patch>,
    pub sources: Vec<SourceEntry>,
    pub exposures: Vec<Entry>,
    pub groups: Vec<Entry>,
    pub macros: Vec<Entry>,
    pub unit_tests: Vec<UnitTestEntry>,
    pub metrics: Vec<Entry>,
    pub semantic_models: Vec<Entry>,
    pub saved_queries: Vec<Entry>,
    /// What was passed over, for a warning.
    pub warnings: Vec<Warning>,
}

/// Which file this is, for the reader.
pub(crate) struct Origin<'a> {
    pub package_name: &'a str,
    pub file: &'a Path,
    pub original_file_path: &'a str,
}

/// One entry under `versions:`; what it does not say, the model says for all of them.
#[derive(Debug, Clone)]
pub(crate) struct VersionEntry {
    pub version: String,
    /// The stem of its file, where that is not `<model>_v<version>`.
    pub defined_in: Option<String>,
    pub(super) line: usize,
    pub(super) description: Option<String>,
    pub(super) config: Object,
    pub(super) constraints: Option<Vec<Json>>,
    pub(super) deprecation_date: Option<String>,
    pub(super) include: Include,
    pub(super) columns: Vec<Column>,
    pub(super) column_tests: Vec<DeclaredTest>,
    pub(super) tests: Option<Vec<DeclaredTest>>,
}

/// Which columns of the model a version keeps.
#[derive(Debug, Clone)]
pub(super) struct Include {
    /// `None`: all.
    pub(super) only: Option<Vec<String>>,
    pub(super) except: Vec<String>,
}

impl Include {
    pub(super) fn keeps(&self, column: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|name| name == column);
        self.only.as_deref().is_none_or(named) && !named(&self.except)
    }
}
