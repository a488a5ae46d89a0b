//! `init`: a new, small project in a folder of its own.

use ingot_core::error::{Context, Error, Result};
use std::path::{Path, PathBuf};

/// Writes `parent/name` with two models, a test and a profile that needs nothing else. Gives the folder.
///
/// # Errors
/// The name cannot be a project's, or the folder is there already.
pub fn run(parent: &Path, name: &str) -> Result<PathBuf> {
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
        "name: {name}\nversion: '1.0.0'\nprofile: {name}\n\nmodel-paths: [models]\nclean-targets: [target, dbt_packages]\n\nmodels:\n  {name}:\n    example:\n      +materialized: view\n"
    );
    let profile = format!(
        "{name}:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: {name}.duckdb\n      threads: 4\n"
    );
    let files = [
        ("dbt_project.yml", project.as_str()),
        ("profiles.yml", profile.as_str()),
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
        let path = folder.join(file);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).or_cannot_at("create the folder", parent)?;
        }
        std::fs::write(&path, text).or_cannot_at("write the file", &path)?;
    }
    Ok(folder)
}
