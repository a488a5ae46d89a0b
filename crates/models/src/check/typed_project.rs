//! What a check gives: all nodes with the types of their columns, and what is wrong.

use crate::metrics::SemanticDetails;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::path::PathBuf;

/// A project with the columns of every node, as they would be after a run.
#[derive(Debug, Clone)]
pub struct TypedProject {
    pub name: String,
    /// The project's folder.
    pub root: PathBuf,
    /// Where artifacts are.
    pub target_folder: PathBuf,
    /// All that is switched on, each after what it depends on.
    pub nodes: Vec<TypedNode>,
    /// The macros of the project and of its packages, by package and name; the built-in ones are not among them.
    pub macros: Vec<ProjectMacro>,
    /// What is wrong, by file and line.
    pub findings: Vec<CheckFinding>,
    /// How many nodes were taken from the last check, because nothing about them has changed.
    pub kept: usize,
}

/// A node of the project.
#[derive(Debug, Clone)]
pub struct TypedNode {
    pub unique_id: String,
    pub name: String,
    /// Its name in the database, or that of its CTE.
    pub alias: String,
    /// `model`, `source`, `seed`, `snapshot`, `test`, `unit_test`, `exposure`, `analysis`, `metric`, `semantic_model`,
    /// `saved_query`, `function`, as dbt names them.
    pub resource_type: &'static str,
    pub package: String,
    /// Relative to the project, with `/`.
    pub file: String,
    /// Where it begins in its file, from 1.
    pub line: usize,
    pub description: String,
    /// `view`, `table`, `incremental`, …; empty for what is not built.
    pub materialized: String,
    pub tags: Vec<String>,
    pub group: Option<String>,
    /// Of a model: `private`, `protected`, `public`, as dbt means them.
    pub access: Option<String>,
    /// The roles that the config `grants` lets read it.
    pub readers: Vec<String>,
    pub meta: Json,
    /// Who answers for it: `meta.owner`, else the owner of its group. Empty if nobody is named.
    pub owner: String,
    /// Where its rows are, if it has any.
    pub relation: Option<RelationName>,
    /// Unique ids.
    pub depends_on: Vec<String>,
    /// Unique ids of macros.
    pub calls: Vec<String>,
    /// In their order in the table. Empty if they are not known.
    pub columns: Vec<TypedColumn>,
    pub outcome: CheckOutcome,
    /// The columns by which an incremental model or a snapshot tells rows apart, and when they changed.
    pub watched: Vec<String>,
    /// The SQL as written, with its templates.
    pub written: String,
    /// The SQL as it would run.
    pub compiled: Option<String>,
    pub test: Option<TestedColumn>,
    pub source: Option<SourceOrigin>,
    pub exposure: Option<ExposureDetails>,
    /// Of a semantic model, a metric or a saved query.
    pub semantics: Option<SemanticDetails>,
    pub function: Option<FunctionDetails>,
}

/// `database.schema.identifier`, unquoted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RelationName {
    pub database: String,
    pub schema: String,
    pub identifier: String,
}

/// A column of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedColumn {
    pub name: String,
    /// DuckDB's name of the type: `DECIMAL(12,4)`.
    pub data_type: String,
    /// As the project's YAML describes it.
    #[serde(default)]
    pub description: String,
    /// `meta` and `tags`, as the project's YAML has them.
    #[serde(skip)]
    pub meta: Json,
    #[serde(skip)]
    pub tags: Vec<String>,
}

impl TypedColumn {
    pub fn new(name: impl Into<String>, data_type: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            data_type: data_type.into(),
            description: String::new(),
            meta: Json::Null,
            tags: Vec::new(),
        }
    }
}

/// A macro that somebody has written.
#[derive(Debug, Clone)]
pub struct ProjectMacro {
    pub unique_id: String,
    pub name: String,
    pub package: String,
    /// Relative to its package, with `/`.
    pub file: String,
    pub description: String,
    /// Names, and what properties say of them.
    pub arguments: Vec<(String, String)>,
    pub written: String,
    /// Unique ids of the macros that it calls.
    pub calls: Vec<String>,
}

/// What a data test looks at.
#[derive(Debug, Clone)]
pub struct TestedColumn {
    /// `unique`, `not_null`, …
    pub test: String,
    /// The unique id of the node that it is declared on.
    pub node: Option<String>,
    pub column: Option<String>,
    /// Whether its result is how many rows it selects, whatever is in them, as it is unless `fail_calc` says otherwise.
    pub counts_rows: bool,
}

/// Where the rows of a source come from.
#[derive(Debug, Clone)]
pub struct SourceOrigin {
    pub source_name: String,
    pub loader: String,
    /// What a query reads in its place, if the rows are outside the database: `read_parquet('…')`.
    pub external: Option<String>,
}

/// What reads models outside the project.
#[derive(Debug, Clone)]
pub struct ExposureDetails {
    /// `dashboard`, `notebook`, …
    pub kind: String,
    pub label: Option<String>,
    pub url: Option<String>,
    pub owner: String,
}

/// A function of the database.
#[derive(Debug, Clone)]
pub struct FunctionDetails {
    /// Its name in the database.
    pub relation: RelationName,
    /// Names, types, and what properties say of them.
    pub arguments: Vec<(String, String, String)>,
    /// DuckDB's name of the type, as written.
    pub returns: String,
}

/// How far a node was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckOutcome {
    Checked,
    /// There is nothing to bind, such as an exposure.
    NothingToCheck,
    /// It cannot be checked without more than there is; the reason in words.
    NotChecked(String),
    /// Something about it is wrong, or it reads something that is; see the findings.
    Broken,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CheckSeverity {
    /// A run, or a question for a metric, would fail.
    Error,
    /// A run would go through, and do what may not be meant.
    Warning,
}

/// Something that is wrong, at the line of the project that says it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CheckFinding {
    /// What sort of thing, for machines: `unknown-column`.
    pub code: String,
    pub severity: CheckSeverity,
    /// The unique id of the node; empty for the project as a whole.
    pub node: String,
    pub message: String,
    pub hint: Option<String>,
    /// Relative to the project, with `/`; empty if there is no file to name.
    pub file: String,
    /// From 1.
    pub line: Option<usize>,
    /// In characters, from 1.
    pub column: Option<usize>,
}
