//! The folder of an environment.

use ingot_core::error::{Context as _, Error, Kind, Result};
use ingot_core::fs::symbolic_link;
use ingot_core::project::Project;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// What each environment has for itself.
const OWN: [&str; 6] = ["lake", "duckdb", "target", "logs", "audit", "environments"];
/// Says that the links in a folder are ingot's to keep.
const MARK: &str = ".ingot-environment";
/// What is noted of the state that an environment has, in its folder `target`.
pub(super) const PROMOTED: &str = "promoted.json";

/// An environment, as `ingot env` lists it.
#[derive(Debug, Clone, Serialize)]
pub struct Environment {
    pub name: String,
    pub folder: PathBuf,
    /// Whether its code is links to that of the project.
    pub is_linked: bool,
    /// Whether it has a lake yet.
    pub has_data: bool,
    /// What it was promoted or cloned from, and when, in UTC.
    pub from: Option<String>,
    pub at: Option<String>,
}

/// Makes an environment without data. Gives it as a project.
///
/// # Errors
/// The name is not one of a folder, there is such an environment, or the system has no links that everybody may make.
pub fn add_environment(project: &Project, name: &str) -> Result<Project> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(Error::new(format!("'{name}' is not a valid name of an environment"))
            .hint("use letters, digits, - and _"));
    }
    let folder = project.environments().join(name);
    if folder.exists() {
        return Err(Error::new(format!("there is an environment '{name}' already")).at(&folder));
    }
    std::fs::create_dir_all(&folder).or_cannot_at("create the folder", &folder)?;
    let made = link_new(&project.main(), &folder).and_then(|()| {
        let mark = folder.join(MARK);
        std::fs::write(&mark, "The links in this folder are made by ingot and follow the project above.\n")
            .or_cannot_at("write the file", &mark)
    });
    if let Err(error) = made {
        // Nothing in it but links, which are not followed.
        let _ = std::fs::remove_dir_all(&folder);
        let _ = std::fs::remove_dir(project.environments());
        let has_no_links = *error.kind() == Kind::Io(io::ErrorKind::Unsupported);
        return Err(match has_no_links {
            true => error.hint(format!(
                "check the project out a second time: `git worktree add environments/{name}`, which makes an environment with code of its own"
            )),
            false => error,
        });
    }
    Ok(Project::at(folder))
}

/// All environments of a project, by name.
///
/// # Errors
/// The folder cannot be listed.
pub fn environments(project: &Project) -> Result<Vec<Environment>> {
    let folder = project.environments();
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).or_cannot_at("list the folder", &folder)? {
        let name = entry.or_cannot_at("list the folder", &folder)?.file_name().to_string_lossy().into_owned();
        let Some(environment) = project.environment(&name) else { continue };
        let note = std::fs::read(environment.target().join(PROMOTED)).ok();
        let note: Value = note.and_then(|note| serde_json::from_slice(&note).ok()).unwrap_or_default();
        let said = |key: &str| note[key].as_str().map(str::to_owned);
        found.push(Environment {
            name,
            folder: environment.root().to_path_buf(),
            is_linked: environment.root().join(MARK).is_file(),
            has_data: environment.lake().is_dir(),
            from: said("from"),
            at: said("at"),
        });
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// Makes the links of an environment those of the project as it is now: what was added to the project is linked, and links to
/// what was removed are taken away. A checkout of its own is left alone.
///
/// # Errors
/// A link cannot be made or removed.
pub fn refresh_links(environment: &Project) -> Result<()> {
    let folder = environment.root();
    if !folder.join(MARK).is_file() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).or_cannot_at("list the folder", folder)? {
        let path = entry.or_cannot_at("list the folder", folder)?.path();
        if path.is_symlink() && !path.exists() {
            std::fs::remove_file(&path).or_cannot_at("remove the link", &path)?;
        }
    }
    link_new(&environment.main(), folder)
}

fn link_new(project: &Project, folder: &Path) -> Result<()> {
    let root = project.root();
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(root).or_cannot_at("list the folder", root)? {
        let name = entry.or_cannot_at("list the folder", root)?.file_name();
        let shown = name.to_string_lossy().into_owned();
        if !shown.starts_with('.') && !OWN.contains(&shown.as_str()) {
            names.insert(name);
        }
    }
    for name in names {
        let link = folder.join(&name);
        if link.is_symlink() || link.exists() {
            continue;
        }
        let target = Path::new("..").join("..").join(&name);
        match symbolic_link(&target, &link) {
            // Another process has just made it.
            Err(error) if *error.kind() == Kind::Io(io::ErrorKind::AlreadyExists) => {}
            made => made?,
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn links_follow_the_project() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for name in ["models", "schemas", "lake", "duckdb"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        std::fs::write(root.join("dbt_project.yml"), "name: shop").unwrap();
        let project = Project::at(root);
        let prod = add_environment(&project, "prod").unwrap();
        assert!(prod.root().join("models").is_dir() && prod.root().join("dbt_project.yml").is_file());
        assert!(!prod.lake().exists());
        assert!(add_environment(&project, "prod").is_err() && add_environment(&project, "a/b").is_err());

        std::fs::create_dir(root.join("seeds")).unwrap();
        std::fs::remove_dir(root.join("models")).unwrap();
        refresh_links(&prod).unwrap();
        assert!(prod.root().join("seeds").is_dir() && !prod.root().join("models").is_symlink());
        // From inside it, environments are those of the project.
        assert_eq!(add_environment(&prod, "test").unwrap().root(), root.join("environments/test"));
        let names: Vec<String> = environments(&prod).unwrap().into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["prod", "test"]);
    }
}
