//! Contracts by the places that a person names: files, folders, and revisions of git.

use ingot_contract::diff::Edition;
use ingot_contract::{contracts_in, is_contract_text};
use ingot_core::error::{Context, Error, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Reads the contracts at a place: a file, a folder, or `git:REV` or `git:REV:PATH`. Paths are relative to `root`, and that
/// of a revision is `schemas` if none is named.
///
/// # Errors
/// There is no contract, or one is not valid.
pub(crate) fn edition(place: &str, root: &Path) -> Result<Edition> {
    let texts = match place.strip_prefix("git:") {
        Some(revision) => of_git(revision, root)?,
        None => of_path(Path::new(place))?,
    };
    if texts.is_empty() {
        return Err(Error::new(format!("there is no contract (*.odcs.yaml) in {place}"))
            .hint("name a contract, a folder of contracts, or git:REV:PATH; `ingot contract infer PATH` writes contracts"));
    }
    Edition::read(&texts)
}

fn of_path(path: &Path) -> Result<Vec<(PathBuf, String)>> {
    let read = |file: &Path| std::fs::read_to_string(file).or_cannot_at("read the contract", file);
    if !path.is_dir() {
        return Ok(vec![(path.to_path_buf(), read(path)?)]);
    }
    contracts_in(path)?
        .into_iter()
        .filter(|file| file.is_file())
        .map(|file| Ok((file.clone(), read(&file)?)))
        .collect()
}

/// The contracts of a revision, which is followed by the path of a file or folder.
fn of_git(revision: &str, root: &Path) -> Result<Vec<(PathBuf, String)>> {
    let (revision, path) = revision.split_once(':').unwrap_or((revision, "schemas"));
    let show = |path: &str| git(root, &["show", &format!("{revision}:./{path}")]);
    if git(root, &["cat-file", "-t", &format!("{revision}:./{path}")])?.trim() == "blob" {
        return Ok(vec![(PathBuf::from(path), show(path)?)]);
    }
    let listed = git(
        root,
        &["ls-tree", "-z", "--name-only", revision, &format!("./{}/", path.trim_end_matches('/'))],
    )?;
    let mut texts = Vec::new();
    for file in listed.split('\0').filter(|file| !file.is_empty()) {
        let name = file.rsplit('/').next().unwrap_or(file);
        if !(name.ends_with(".yaml") || name.ends_with(".yml")) {
            continue;
        }
        let text = show(file)?;
        if is_contract_text(name, || text.clone()) {
            texts.push((PathBuf::from(file), text));
        }
    }
    Ok(texts)
}

/// What git prints.
fn git(root: &Path, arguments: &[&str]) -> Result<String> {
    let ran = Command::new("git").arg("-C").arg(root).args(arguments).output();
    let ran = ran.map_err(|error| {
        Error::new("cannot run git")
            .caused_by(error)
            .hint("install git, or name files and folders instead of git:REV")
    })?;
    if !ran.status.success() {
        let said = String::from_utf8_lossy(&ran.stderr);
        return Err(Error::new(format!("git: {}", said.trim().trim_start_matches("fatal: "))).hint(
            "write git:REV for the contracts in schemas, or git:REV:PATH; PATH is relative to the project",
        ));
    }
    String::from_utf8(ran.stdout)
        .map_err(|error| Error::new("the contract in git is not UTF-8").caused_by(error))
}
