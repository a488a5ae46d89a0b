//! Where the last run of the models left the warehouse and its artifacts, for the commands that read them.

use ingot_core::error::{Error, Result};
use ingot_core::project::Project;
use ingot_models::{RunOptions, Verb, places};
use std::path::PathBuf;

#[derive(Debug, Default, clap::Args)]
pub(super) struct Places {
    /// DuckDB file with the models [default: as the target of the profile says]
    #[arg(long, value_name = "FILE")]
    warehouse: Option<PathBuf>,
    /// Target of the profile
    #[arg(long, short, env = "DBT_TARGET")]
    target: Option<String>,
    /// Profile to use instead of the one that dbt_project.yml names
    #[arg(long, env = "DBT_PROFILE")]
    profile: Option<String>,
    /// Folder of profiles.yml [default: the project, then ~/.dbt]
    #[arg(long, value_name = "DIR", env = "DBT_PROFILES_DIR")]
    profiles_dir: Option<PathBuf>,
    /// Folder with the artifacts of the last run [default: target, or as dbt_project.yml says]
    #[arg(long, value_name = "DIR", env = "DBT_TARGET_PATH")]
    target_path: Option<PathBuf>,
}

impl Places {
    /// The warehouse and the folder of artifacts.
    ///
    /// # Errors
    /// The profile does not say them.
    pub(super) fn find(&self, project: &Project) -> Result<(PathBuf, PathBuf)> {
        if let (Some(warehouse), Some(artifacts)) = (&self.warehouse, &self.target_path) {
            return Ok((warehouse.clone(), artifacts.clone()));
        }
        let mut options = RunOptions::new(Verb::Parse, project.root());
        self.apply(&mut options);
        let found = places(&options)?;
        let warehouse = self.warehouse.clone().or(found.warehouse).ok_or_else(|| {
            Error::new("the target of the profile is a database in memory, which is gone")
                .hint("name a DuckDB file with --warehouse, or a target that writes one with --target")
        })?;
        Ok((warehouse, found.artifacts))
    }

    /// The same project, profile and target for a run of the models.
    pub(super) fn apply(&self, options: &mut RunOptions) {
        options.target.clone_from(&self.target);
        options.profile.clone_from(&self.profile);
        // Some commands change the current folder before these are read.
        let absolute = |path: &Option<PathBuf>| {
            path.as_ref().map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone()))
        };
        options.profiles_dir = absolute(&self.profiles_dir);
        options.target_path = absolute(&self.target_path);
    }

    /// As [`find`](Self::find); where the profile does not say them, the places of a new project.
    pub(super) fn find_or_usual(&self, project: &Project) -> (PathBuf, PathBuf) {
        self.find(project).unwrap_or_else(|_| {
            (self.warehouse.clone().unwrap_or_else(|| project.warehouse()), project.target())
        })
    }
}
