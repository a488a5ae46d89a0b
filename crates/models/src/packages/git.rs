//! Packages in repositories, fetched by the user's own `git`, with its settings and credentials.
//! <https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/clients/git.py>

use super::download::WITHOUT_A_NETWORK;
use crate::secrets::without_secrets;
use ingot_core::error::{Error, Kind, Result};
use std::path::Path;
use std::process::{Command, Stdio};

/// Fetches one revision of a repository into `folder`, which must not be there yet; of a subdirectory only that.
/// Returns the commit.
///
/// # Errors
/// There is no `git`, or it cannot fetch that.
pub(crate) fn check_out(
    repository: &str,
    revision: &str,
    subdirectory: Option<&str>,
    folder: &Path,
) -> Result<String> {
    for (what, given) in [
        ("repository", repository),
        ("revision", revision),
        ("subdirectory", subdirectory.unwrap_or_default()),
    ] {
        // git would take it for one of its options.
        if given.starts_with('-') {
            return Err(Error::new(format!("the {what} '{given}' of a git package begins with '-'")));
        }
    }
    let place = folder.to_string_lossy();
    let mut clone = vec!["clone", "--quiet", "--depth", "1"];
    if subdirectory.is_some() {
        clone.extend(["--filter=blob:none", "--sparse"]);
    }
    clone.extend(["--", repository, place.as_ref()]);
    let cloning = |error: Error| about(error, repository, revision);
    git(None, &clone).map_err(cloning)?;
    if let Some(subdirectory) = subdirectory {
        git(Some(folder), &["sparse-checkout", "set", subdirectory]).map_err(cloning)?;
    }
    let fetched = fetch(folder, revision);
    fetched.map_err(|error| {
        let words = format!("Error checking out spec='{revision}' for repo {repository}");
        about(error, repository, revision).in_dbts_words(without_secrets(&words))
    })
}

fn fetch(folder: &Path, revision: &str) -> Result<String> {
    let is_commit = revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    let spec = if is_commit {
        git(Some(folder), &["fetch", "--quiet", "origin", "--depth", "1", revision])?;
        revision.to_owned()
    } else {
        git(Some(folder), &["remote", "set-branches", "origin", revision])?;
        git(Some(folder), &["fetch", "--quiet", "origin", "--depth", "1", "--tags", revision])?;
        let tags = git(Some(folder), &["tag", "--list"])?;
        // A tag goes before a branch of the same name.
        match tags.lines().any(|tag| tag == revision) {
            true => format!("tags/{revision}"),
            false => format!("origin/{revision}"),
        }
    };
    git(Some(folder), &["reset", "--quiet", "--hard", &spec])?;
    Ok(git(Some(folder), &["rev-parse", "HEAD"])?.trim().to_owned())
}

fn about(error: Error, repository: &str, revision: &str) -> Error {
    if !matches!(error.kind(), Kind::Invalid) {
        return error;
    }
    let shown = without_secrets(repository);
    error.context(format!("cannot fetch the revision '{revision}' of {shown}"))
}

/// What git says on standard output.
fn git(folder: Option<&Path>, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new("git");
    command.args(arguments).env("LC_ALL", "C").stdin(Stdio::null());
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    let output = command.output().map_err(|error| {
        Error::new("cannot run git, which fetches packages from repositories")
            .caused_by(error)
            .hint("install git, or use the package from the hub or as `local: PATH`")
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = without_secrets(String::from_utf8_lossy(&output.stderr).trim());
    let error = Error::new(match said.is_empty() {
        true => format!("git ended with {}", output.status),
        false => said.clone(),
    });
    let offline =
        ["Could not resolve host", "Could not read from remote", "unable to access", "Failed to connect"];
    Err(match offline.iter().any(|words| said.contains(words)) {
        true => error.hint(WITHOUT_A_NETWORK),
        false => error.hint("check the address, the revision and your access with `git ls-remote URL`"),
    })
}
