//! `clean`: removes what runs leave behind, the folders that `clean-targets` names.

use crate::dbt_log::DbtLog;
use crate::invocation::arguments;
use crate::options::RunOptions;
use crate::project::dbt_project_yml;
use crate::project::dbt_project_yml::DbtProject;
use crate::setup;
use crate::tell_warnings::tell_warnings;
use ingot_core::error::{Context, Error, Result};
use ingot_core::report::Reporter;
use std::path::{Component, Path, PathBuf};

/// Removes the folders of `clean-targets`, and says which. Only folders inside the project are touched, unless
/// `only_inside` is false (dbt's `--no-clean-project-files-only`), and none that holds its sources.
///
/// # Errors
/// A target is outside the project, or is a folder of sources; nothing is removed then. Warnings of the project that
/// are to be errors.
pub fn run(options: &RunOptions, only_inside: bool, reporter: &dyn Reporter) -> Result<Vec<PathBuf>> {
    let Some(log) = &options.log else { return run_logged(options, only_inside, reporter) };
    let id = uuid::Uuid::new_v4().to_string();
    let log = DbtLog::open(log, &options.project_dir, "clean", arguments::of(options), &id, reporter)?;
    let outcome = run_logged(options, only_inside, &log);
    log.finish(outcome.as_ref().map(|_| 0));
    outcome
}

fn run_logged(options: &RunOptions, only_inside: bool, reporter: &dyn Reporter) -> Result<Vec<PathBuf>> {
    let root = std::path::absolute(&options.project_dir).unwrap_or_else(|_| options.project_dir.clone());
    let project = dbt_project_yml::read(&root, &|text| Ok(text.into()))?;
    let rules = match &options.warnings {
        Some(given) => given.clone(),
        None => setup::rules_of_project(&project)?,
    };
    tell_warnings(options, &rules, project.warnings.clone(), reporter)?;
    let targets = project.clean_targets.clone().unwrap_or_else(|| vec![project.target_path.clone()]);
    let mut folders = Vec::new();
    for target in &targets {
        folders.extend(folder(&project, &root, target, only_inside)?);
    }
    for folder in &folders {
        std::fs::remove_dir_all(folder).or_cannot_at("remove the folder", folder)?;
    }
    Ok(folders)
}

/// The folder to remove; `None` if it is not there.
fn folder(project: &DbtProject, root: &Path, target: &str, only_inside: bool) -> Result<Option<PathBuf>> {
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
            _ if only_inside => return Err(refuse("is outside the project")),
            _ => return outside(root, target).map_err(refuse),
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
    if only_inside && !inside(&folder)?.starts_with(inside(root)?) {
        return Err(refuse("leads outside the project"));
    }
    if !folder.is_dir() || folder.is_symlink() {
        return Err(refuse("is not a folder of its own"));
    }
    Ok(Some(folder))
}

/// A folder outside of the project, which somebody asked for: not one that the project is in, nor a link.
///
/// # Errors
/// Why it is refused.
fn outside(root: &Path, target: &str) -> std::result::Result<Option<PathBuf>, &'static str> {
    let folder = root.join(target);
    let (Ok(found), Ok(root)) = (folder.canonicalize(), root.canonicalize()) else { return Ok(None) };
    if root.starts_with(&found) {
        return Err("holds the project");
    }
    if !folder.is_dir() || folder.is_symlink() {
        return Err("is not a folder of its own");
    }
    Ok(Some(folder))
}
