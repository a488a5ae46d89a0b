//! `init`: a new, small project in a folder of its own.

use crate::options::RunOptions;
use crate::setup;
use ingot_core::error::{Context, Error, Result};
use std::path::{Path, PathBuf};

/// Writes `parent/name` with two models, a test and a profile that needs nothing else, unless `profile` names one that is
/// there. Gives the folder.
///
/// # Errors
/// The name cannot be a project's, or the folder is there already.
pub fn run(parent: &Path, name: &str, profile: Option<&str>) -> Result<PathBuf> {
    let is_name = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err(Error::new(format!("'{name}' cannot be a project's name"))
            .hint("use letters, digits and _, not starting with a digit"));
    }
    let folder = parent.join(name);
    if folder.exists() {
        return Err(Error::new("the folder is there already; nothing was written")
            .at(&folder)
            .hint("take another name"));
    }
    let project = format!(
        "name: {name}\nversion: '1.0.0'\nprofile: {}\n\nmodel-paths: [models]\nclean-targets: [target, dbt_packages]\n\nmodels:\n  {name}:\n    example:\n      +materialized: view\n",
        profile.unwrap_or(name)
    );
    let profiles = profile_text(name, name);
    let files = [
        ("dbt_project.yml", project.as_str()),
        ("profiles.yml", profiles.as_str()),
        (".gitignore", "target/\ndbt_packages/\nlogs/\n*.duckdb\n*.duckdb.wal\n"),
        (
            "models/example/numbers.sql",
            "{{ config(materialized='table') }}\n\nselect range as number from range(10)\n",
        ),
        (
            "models/example/even_numbers.sql",
            "select number\nfrom {{ ref('numbers') }}\nwhere number % 2 = 0\n",
        ),
        (
            "models/example/schema.yml",
            "models:\n  - name: numbers\n    description: The first whole numbers\n    columns:\n      - name: number\n        data_tests: [unique, not_null]\n  - name: even_numbers\n    description: Those that two divides\n",
        ),
        ("seeds/.gitkeep", ""),
        ("snapshots/.gitkeep", ""),
        ("tests/.gitkeep", ""),
        ("macros/.gitkeep", ""),
    ];
    for (file, text) in files {
        if file == "profiles.yml" && profile.is_some() {
            continue;
        }
        let path = folder.join(file);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).or_cannot_at("create the folder", parent)?;
        }
        std::fs::write(&path, text).or_cannot_at("write the file", &path)?;
    }
    Ok(folder)
}

/// A profile that needs nothing else, with the database in a file of its own.
fn profile_text(profile: &str, database: &str) -> String {
    format!(
        "{profile}:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: {database}.duckdb\n      threads: 4\n"
    )
}

/// Gives the project in `root` the profile that it names, if there is none: as a `profiles.yml` in the project, which is
/// given back.
///
/// # Errors
/// The project cannot be read, or a profiles.yml is there without the profile.
pub fn set_up_profile(options: &RunOptions) -> Result<Option<PathBuf>> {
    let missing = match setup::target(options) {
        Ok(_) => return Ok(None),
        Err(error) => error,
    };
    let root = std::path::absolute(&options.project_dir).unwrap_or_else(|_| options.project_dir.clone());
    let file = root.join("profiles.yml");
    let Some(profile) = setup::profile_name(options)?.filter(|_| !file.exists()) else { return Err(missing) };
    std::fs::write(&file, profile_text(&profile, &profile)).or_cannot_at("write the file", &file)?;
    Ok(Some(file))
}
