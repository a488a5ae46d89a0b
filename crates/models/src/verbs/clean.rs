//! `clean`: removes what runs leave behind, the folders that `clean-targets` names.

use crate::project::dbt_project_yml;
use crate::project::dbt_project_yml::DbtProject;
use ingot_core::error::{Context, Error, Result};
use std::path::{Component, Path, PathBuf};

/// What was removed. Only folders inside the project are ever touched, and none that holds its sources.
///
/// # Errors
/// A target is outside the project, or is a folder of sources; nothing is removed then.
pub fn run(project_dir: &Path) -> Result<Vec<PathBuf>> {
    let root = std::path::absolute(project_dir).unwrap_or_else(|_| project_dir.to_path_buf());
    let project = dbt_project_yml::read(&root, &|text| Ok(text.into()))?;
    let targets = project.clean_targets.clone().unwrap_or_else(|| vec![project.target_path.clone()]);
    let mut folders = Vec::new();
    for target in &targets {
        folders.extend(folder(&project, &root, target)?);
    }
    for folder in &folders {
        std::fs::remove_dir_all(folder).or_cannot_at("remove the folder", folder)?;
    }
    Ok(folders)
}

/// The folder to remove; `None` if it is not there.
fn folder(project: &DbtProject, root: &Path, target: &str) -> Result<Option<PathBuf>> {
    let refuse = |why: &str| {
        let refused = match why {
            "holds sources of the project" => "source paths",
            _ => "directories outside the project",
        };
        Error::new(format!("clean-targets names '{target}', which {why}; nothing was removed"))
            .in_dbts_words(format!("dbt will not clean the following {refused}: ['{target}']"))
            .at(root.join("dbt_project.yml"))
            .hint("name folders that runs make: target, dbt_packages, logs")
    };
    let mut clean = PathBuf::new();
    for part in Path::new(target).components() {
        match part {
            Component::Normal(part) => clean.push(part),
            Component::CurDir => {}
            _ => return Err(refuse("is outside the project")),
        }
    }
    if clean.as_os_str().is_empty() {
        return Err(refuse("is the project itself"));
    }
    let holds_sources = project.source_folders().any(|path| {
        let path = Path::new(path);
        path.starts_with(&clean) || clean.starts_with(path)
    });
    if holds_sources {
        return Err(refuse("holds sources of the project"));
    }
    let folder = root.join(&clean);
    if !folder.exists() {
        return Ok(None);
    }
    // A link may lead out of the project.
    let inside = |path: &Path| std::fs::canonicalize(path).or_cannot_at("find the folder", path);
    if !inside(&folder)?.starts_with(inside(root)?) {
        return Err(refuse("leads outside the project"));
    }
    if !folder.is_dir() || folder.is_symlink() {
        return Err(refuse("is not a folder of its own"));
    }
    Ok(Some(folder))
}
