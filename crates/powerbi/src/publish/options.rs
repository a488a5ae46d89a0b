//! What a person may say about publishing.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct PublishOptions {
    /// The root of the dbt project.
    pub project: PathBuf,
    /// The folder with the artifacts of its last run.
    pub artifacts: PathBuf,
    pub warehouse: PathBuf,
    /// The folder of the published file.
    pub to: PathBuf,
    /// How many versions are kept, the new one included; at least 1.
    pub keep: usize,
    /// Tables: a schema, or `schema.table` with `*` as a wildcard.
    pub select: Vec<String>,
    /// Of those, tables that are left out, written likewise.
    pub exclude: Vec<String>,
    /// How long to try again while a reader prevents the file from being replaced.
    pub patience: Duration,
    /// Only what this role may read; `None`: everything that is selected.
    pub role: Option<RoleOptions>,
}

/// For whom a file is published.
#[derive(Debug, Clone)]
pub struct RoleOptions {
    /// As grants name it.
    pub name: String,
    /// Columns that hold personal data: `schema.table` and the column, both lower case. They need a grant of their own.
    pub personal: BTreeSet<(String, String)>,
}

#[derive(Debug, Clone)]
pub struct RollbackOptions {
    /// The folder of the published file.
    pub to: PathBuf,
    /// The version to go back to; the one before the current one if `None`.
    pub version: Option<String>,
    /// As in [`PublishOptions`].
    pub patience: Duration,
}
