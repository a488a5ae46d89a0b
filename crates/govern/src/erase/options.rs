//! Who is erased, and from where.

use ingot_catalog::SourceTypes;
use ingot_models::TypedProject;
use std::path::PathBuf;

/// Who is erased, and why.
#[derive(Debug, Clone)]
pub struct EraseOptions {
    /// The feed whose key names the people.
    pub contract: String,
    /// The column of its key.
    pub column: String,
    /// A key for each person.
    pub keys: Vec<String>,
    /// Why; it is kept in the audit trail.
    pub reason: Option<String>,
    pub dry_run: bool,
    /// The lake that keeps what an erasure is about to do until all is done: that of the project, not of an environment.
    pub journal: PathBuf,
}

/// What people are erased from: a project or an environment of one, each with data of its own.
pub struct ErasedProject<'p> {
    pub places: ErasedPlaces,
    pub project: &'p TypedProject,
    pub sources: &'p SourceTypes,
}

/// The folders and files of a project or an environment.
#[derive(Debug, Clone)]
pub struct ErasedPlaces {
    /// `None` for the project itself.
    pub environment: Option<String>,
    /// The folder of the project or of the environment.
    pub root: PathBuf,
    /// Environments may share the raw files of their project.
    pub raw: PathBuf,
    pub lake: PathBuf,
    /// The DuckDB file with the models, if there is one.
    pub warehouse: Option<PathBuf>,
}
