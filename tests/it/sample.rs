//! `ingot init` writes the retail project of this repository: every file of it, and nothing else.

use crate::support::Sandbox;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Every file at or below `path`, relative to `root`.
fn files(root: &Path, path: &Path) -> BTreeSet<PathBuf> {
    walkdir::WalkDir::new(root.join(path))
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.path().strip_prefix(root).unwrap().to_path_buf())
        .collect()
}

/// The folders that dbt_project.yml names: `model-paths: ["models"]` and the like.
fn named_folders(project: &str) -> Vec<&str> {
    project.lines().filter_map(|line| line.split_once("-paths: [\"")?.1.strip_suffix("\"]")).collect()
}

#[test]
fn a_file_added_to_the_project_is_in_what_init_writes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = std::fs::read_to_string(root.join("dbt_project.yml")).unwrap();
    let mut expected = BTreeSet::new();
    for part in ["dbt_project.yml", "profiles.yml", "generate.yaml", "schemas", "analytics"] {
        expected.extend(files(root, Path::new(part)));
    }
    let folders = named_folders(&project);
    assert!(folders.contains(&"models") && folders.contains(&"tests/data"), "{folders:?}");
    for folder in folders.into_iter().filter(|folder| root.join(folder).exists()) {
        expected.extend(files(root, Path::new(folder)));
    }
    expected.insert(PathBuf::from(".gitignore"));

    let sandbox = Sandbox::project();
    assert_eq!(files(sandbox.path(), Path::new("")), expected, "the list is SAMPLE in build.rs");
    let model = "models/gold/facts/fct_sales.sql";
    assert_eq!(std::fs::read(sandbox.join(model)).unwrap(), std::fs::read(root.join(model)).unwrap());
}
