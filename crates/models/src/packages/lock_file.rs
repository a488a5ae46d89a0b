//! `package-lock.yml`: the exact versions that were found, and a hash of what was asked for.
//! <https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/task/deps.py>

use super::spec::PackageSpec;
use crate::json_values::{Render, python_json};
use crate::project::yaml_files;
use crate::values::python_yaml::{self, Form};
use ingot_core::error::{Context, Result};
use ingot_core::yaml::Node;
use serde_json::{Value as Json, json};
use sha1::{Digest, Sha1};
use std::path::{Path, PathBuf};

/// As dbt's own dumper has it.
pub(crate) const FORM: Form = Form { sorts_keys: true, indents_lists: true };

const HASH: &str = "sha1_hash";

/// What the file says.
pub(crate) struct LockFile {
    pub(crate) packages: Vec<PackageSpec>,
    pub(crate) hash: Option<String>,
}

pub(crate) fn path(root: &Path) -> PathBuf {
    root.join("package-lock.yml")
}

/// dbt's hash of what was asked for: it tells whether the file is still that of `packages.yml`.
pub(crate) fn hash(packages: &[PackageSpec]) -> String {
    let mut texts: Vec<String> = packages.iter().map(|one| python_json(&one.to_json(), true)).collect();
    texts.sort();
    let digest = Sha1::digest(texts.join("\n").as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads the file of a project; `None` if there is none.
///
/// # Errors
/// It cannot be read, or is not such a file.
pub(crate) fn read(root: &Path, render_text: Render) -> Result<Option<LockFile>> {
    let file = path(root);
    if !file.is_file() {
        return Ok(None);
    }
    let written = yaml_files::read_last_of_repeated(&file)?;
    let document = yaml_files::rendered(&written, &file, render_text)?;
    let entries =
        |of: &Node| of.get("packages").and_then(Node::as_list).map(<[Node]>::to_vec).unwrap_or_default();
    let mut packages = Vec::new();
    for (entry, unrendered) in entries(&document).iter().zip(entries(&written)) {
        let unrendered = unrendered.to_json().as_object().cloned().unwrap_or_default();
        let spec = PackageSpec::read(&entry.to_json(), unrendered);
        packages.push(spec.map_err(|error| error.at_line(&file, entry.line))?);
    }
    let hash = document.get(HASH).and_then(Node::scalar_text);
    Ok(Some(LockFile { packages, hash }))
}

/// Writes the file of a project.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(root: &Path, packages: &[Json], hash: &str) -> Result<()> {
    let file = path(root);
    let text = python_yaml::dump(&json!({"packages": packages, HASH: hash}), FORM);
    std::fs::write(&file, text).or_cannot_at("write the file", &file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What dbt 1.11 has under `sha1_hash` for the same `packages.yml`.
    #[test]
    fn the_hash_is_that_of_dbt() {
        let specs = |entries: Json| -> Vec<PackageSpec> {
            let entries = entries.as_array().cloned().unwrap();
            let read = |one: &Json| PackageSpec::read(one, one.as_object().cloned().unwrap()).unwrap();
            entries.iter().map(read).collect()
        };
        for (entries, expected) in [
            (json!([{"local": "../a"}]), "95d915a2157c25384b59e63cd428e17675959efb"),
            (
                json!([{"package": "a/b", "version": [">=1.0.0", "<2.0.0"]}, {"git": "u", "revision": "1.0", "warn-unpinned": false}]),
                "19d1847453e0a9475313353abe5aaa3387876281",
            ),
            (
                json!([{"tarball": "http://x/é.tgz", "name": "b"}, {"git": "u", "subdirectory": "s"}]),
                "3d9b85e493cf6dd1f6161d14f129b6014487e1a3",
            ),
        ] {
            assert_eq!(hash(&specs(entries)), expected);
        }
    }
}
