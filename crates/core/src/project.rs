//! Where the project is, and where everything in it lies. Every path of the tool is made here.

use crate::error::{Context, Error, Result};
use std::path::{Path, PathBuf};

/// The folder of environments in a project.
const ENVIRONMENTS: &str = "environments";

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
            .find(|folder| is_project(folder))
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
    /// The folder of the project's environments, each a project with a lake, a warehouse and published files of its own.
    pub fn environments(&self) -> PathBuf {
        self.main().root.join(ENVIRONMENTS)
    }
    /// The environment of that name, if there is one.
    pub fn environment(&self, name: &str) -> Option<Self> {
        let root = self.environments().join(name);
        let is_name = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
        (is_name && is_project(&root)).then(|| Self::at(root))
    }
    /// The name of the environment that this is; `None` for the project itself.
    pub fn environment_name(&self) -> Option<&str> {
        let above =
            self.root.parent().filter(|above| above.file_name().is_some_and(|name| name == ENVIRONMENTS))?;
        let is_in_project = above.parent().is_some_and(is_project);
        self.root.file_name().and_then(|name| name.to_str()).filter(|_| is_in_project)
    }
    /// The project that this is an environment of; itself if it is none.
    pub fn main(&self) -> Self {
        let of = self.environment_name().and_then(|_| self.root.parent()?.parent());
        of.map_or_else(|| self.clone(), Self::at)
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

fn is_project(folder: &Path) -> bool {
    folder.join("dbt_project.yml").is_file() || folder.join("schemas").is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_a_project_in_the_folder_of_environments() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("shop");
        std::fs::create_dir_all(root.join("environments/prod/schemas")).unwrap();
        std::fs::create_dir_all(root.join("schemas")).unwrap();
        std::fs::create_dir_all(root.join("environments/empty")).unwrap();
        let project = Project::at(&root);
        assert_eq!(project.environment_name(), None);
        assert_eq!(project.main().root(), root);
        let prod = project.environment("prod").unwrap();
        assert_eq!(prod.environment_name(), Some("prod"));
        assert_eq!(prod.main().root(), root);
        assert_eq!(prod.environment("prod").unwrap().root(), prod.root());
        assert_eq!(prod.lake(), root.join("environments/prod/lake"));
        for name in ["empty", "dev", "", "..", "../environments/prod"] {
            assert!(project.environment(name).is_none(), "{name}");
        }
        assert_eq!(Project::find(&prod.root().join("models")).unwrap().root(), prod.root());
    }
}
