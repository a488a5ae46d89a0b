//! Where the project is, and where everything in it lies. Every path of the tool is made here.

use crate::error::{Context, Error, Result};
use std::path::{Path, PathBuf};

/// A folder with a `dbt_project.yml` or a `schemas/` in it.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The project at `dir`, or at the nearest folder above it.
    pub fn find(dir: &Path) -> Result<Self> {
        let start = std::path::absolute(dir).unwrap_or_else(|_| dir.to_path_buf());
        start
            .ancestors()
            .find(|folder| folder.join("dbt_project.yml").is_file() || folder.join("schemas").is_dir())
            .map(|root| Self { root: root.to_path_buf() })
            .ok_or_else(|| {
                Error::new(format!("no project in {} or any folder above it", start.display())).hint(
                    "run `ingot init DIR --from PATH` for a new project of your files, `ingot init DIR` for the retail project, or name an existing one with --project-dir",
                )
            })
    }

    /// The project whose root is exactly `root`.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Makes the root the current folder of the process: paths inside a project are relative to it.
    pub fn enter(&self) -> Result<()> {
        std::env::set_current_dir(&self.root).or_cannot_at("enter the project", &self.root)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }
    /// The contracts, one `<feed>.odcs.yaml` each.
    pub fn schemas(&self) -> PathBuf {
        self.root.join("schemas")
    }
    /// How often the generator plants each defect.
    pub fn generate_settings(&self) -> PathBuf {
        self.root.join("generate.yaml")
    }
    pub fn data_raw(&self) -> PathBuf {
        self.root.join("data_raw")
    }
    pub fn lake(&self) -> PathBuf {
        self.root.join("lake")
    }
    pub fn warehouse(&self) -> PathBuf {
        self.root.join("duckdb").join("warehouse.duckdb")
    }
    /// What a run of the models leaves: dbt's artifacts.
    pub fn target(&self) -> PathBuf {
        self.root.join("target")
    }
    /// Where runs tell what they do, while they do it.
    pub fn live_runs(&self) -> PathBuf {
        self.target().join("live")
    }
    /// The Power BI project.
    pub fn analytics(&self) -> PathBuf {
        self.root.join("analytics")
    }
    /// What BI tools open: gold, published.
    pub fn published(&self) -> PathBuf {
        self.root.join("duckdb").join("published")
    }
}
