//! Who is erased, and from where.

use std::path::PathBuf;

/// Who is erased, and from where.
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
    /// The folder of the project.
    pub root: PathBuf,
    pub raw: PathBuf,
    pub lake: PathBuf,
    /// The DuckDB file with the models, if there is one.
    pub warehouse: Option<PathBuf>,
}
