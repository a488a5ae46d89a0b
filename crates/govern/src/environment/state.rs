//! Where the state of an environment is.

use ingot_core::error::{Error, Result};
use ingot_core::project::Project;
use std::path::PathBuf;

/// Where the state of an environment is.
#[derive(Debug, Clone)]
pub struct State {
    /// The environment's name, or that of the project's target.
    pub name: String,
    pub project: Project,
    pub warehouse: PathBuf,
    /// dbt's artifacts of its last run.
    pub artifacts: PathBuf,
}

impl State {
    /// The command that builds and tests it.
    pub(super) fn run_command(&self) -> String {
        match self.project.environment_name() {
            Some(name) => format!("ingot run-models --target {name}"),
            None => "ingot run-models".to_owned(),
        }
    }

    /// # Errors
    /// The warehouse is not in the folder of the project: then environments would share it.
    pub(super) fn check_own(&self) -> Result<()> {
        if self.warehouse.starts_with(self.project.root()) {
            return Ok(());
        }
        Err(Error::new(format!(
            "the warehouse of '{}' is not in its folder, so that others may use it too",
            self.name
        ))
        .at(&self.warehouse)
        .hint("give the target in profiles.yml a relative path, such as duckdb/warehouse.duckdb"))
    }
}
