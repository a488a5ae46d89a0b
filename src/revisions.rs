//! A project as a revision of git has it, in a folder that goes away.

use ingot_core::error::{Context, Error, Result};
use ingot_core::project::Project;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Folders of packages, which git most often does not keep.
const PACKAGES: [&str; 2] = ["dbt_packages", "dbt_modules"];

/// The files of the project at a revision.
pub struct AtRevision {
    folder: tempfile::TempDir,
    /// The project within the repository.
    inside: PathBuf,
}

impl AtRevision {
    /// Writes the project's files of `revision` to a folder of their own.
    ///
    /// # Errors
    /// The project is in no repository, there is no such revision, or git or tar cannot be run.
    pub fn of(project: &Project, revision: &str) -> Result<Self> {
        let root = project.root();
        let inside = PathBuf::from(git(root, &["rev-parse", "--show-prefix"])?.trim());
        // What begins with a dash would be an option.
        let commit = git(
            root,
            &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")],
        )
        .map_err(|_| {
            Error::new(format!("'{revision}' is not a revision of this repository"))
                .hint("name a commit, a branch or a tag: main, HEAD~1, v1.2")
        })?;
        let folder = tempfile::tempdir().or_cannot("make a folder")?;
        let mut archive = Command::new("git");
        archive
            .current_dir(root)
            .args(["archive", "--format=tar", commit.trim(), "."])
            .stdout(Stdio::piped());
        let mut archive = archive.spawn().or_cannot("run git")?;
        let Some(files) = archive.stdout.take() else { return Err(Error::defect("git has no output")) };
        let unpacked = Command::new("tar").arg("-x").current_dir(folder.path()).stdin(files).status();
        let unpacked = unpacked.or_cannot("run tar")?;
        if !archive.wait().or_cannot("run git")?.success() || !unpacked.success() {
            return Err(Error::new(format!("the files of '{revision}' cannot be unpacked")));
        }
        // `git archive` in a folder of the repository gives the paths below that folder.
        let at = Self { folder, inside: PathBuf::new() };
        let found = if at.folder.path().join(&inside).join("dbt_project.yml").is_file() {
            inside
        } else {
            PathBuf::new()
        };
        let at = Self { inside: found, ..at };
        for packages in PACKAGES {
            let (ours, theirs) = (root.join(packages), at.project().root().join(packages));
            if ours.is_dir() && !theirs.exists() {
                copy(&ours, &theirs)?;
            }
        }
        Ok(at)
    }

    pub fn project(&self) -> Project {
        Project::at(self.folder.path().join(&self.inside))
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String> {
    let ran = Command::new("git").current_dir(folder).args(arguments).output().or_cannot("run git")?;
    if !ran.status.success() {
        let why = String::from_utf8_lossy(&ran.stderr).trim().to_owned();
        return Err(Error::new(format!("git {}: {why}", arguments.first().copied().unwrap_or_default())));
    }
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in walkdir::WalkDir::new(from).into_iter().flatten() {
        let target = to.join(entry.path().strip_prefix(from).unwrap_or(entry.path()));
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&target).or_cannot_at("make the folder", &target)?;
        } else {
            std::fs::copy(entry.path(), &target).or_cannot_at("copy the file", entry.path())?;
        }
    }
    Ok(())
}
