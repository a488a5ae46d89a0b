//! The versions in a folder, and who may change them.

use super::manifest;
use super::publication::Publication;
use super::sha256::sha256;
use ingot_core::error::{Context, Error, Result};
use ingot_core::fs::{FolderLock, LockPurpose};
use std::path::{Path, PathBuf};

const PUBLISHING: LockPurpose = LockPurpose {
    file: ".publish.lock",
    activity: "is publishing into this folder",
    hint: "wait until it has ended, or publish into another folder with --to",
    cannot_write: |folder, error| {
        Error::new("cannot write to the folder of the published file")
            .at(folder)
            .caused_by(error)
            .hint("check who owns the folder, or name another one with --to")
    },
};

/// The folder of the published file, while this process alone changes it.
pub(super) struct Versions {
    to: PathBuf,
    _lock: FolderLock,
}

impl Versions {
    /// Takes the lock, and removes what a killed run left.
    ///
    /// # Errors
    /// Another process is publishing into the folder, or it cannot be written.
    pub(super) fn of(to: &Path) -> Result<Self> {
        let versions = Self { _lock: FolderLock::take(to, &PUBLISHING)?, to: to.to_path_buf() };
        let folder = versions.folder();
        std::fs::create_dir_all(&folder).or_cannot_at("create the folder", &folder)?;
        for entry in std::fs::read_dir(&folder).or_cannot_at("list the folder", &folder)?.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_unfinished = name.contains(".inprogress")
                || (name.ends_with(".duckdb") && !path.with_extension("json").is_file());
            if is_unfinished && !path.is_dir() {
                std::fs::remove_file(&path).or_cannot_at("remove what a killed run left", &path)?;
            }
        }
        Ok(versions)
    }

    fn folder(&self) -> PathBuf {
        self.to.join("versions")
    }

    pub(super) fn data_file(&self, id: &str) -> PathBuf {
        self.folder().join(format!("{id}.duckdb"))
    }

    pub(super) fn manifest_file(&self, id: &str) -> PathBuf {
        self.folder().join(format!("{id}.json"))
    }

    /// Those that are complete, oldest first.
    pub(super) fn all(&self) -> Result<Vec<Publication>> {
        let folder = self.folder();
        let mut all = Vec::new();
        for entry in std::fs::read_dir(&folder).or_cannot_at("list the folder", &folder)?.flatten() {
            let path = entry.path();
            let is_manifest = path.extension().is_some_and(|extension| extension == "json");
            if is_manifest && path.with_extension("duckdb").is_file() {
                all.push(manifest::read(&path)?);
            }
        }
        all.sort_by(|one: &Publication, other| one.id.cmp(&other.id));
        Ok(all)
    }

    /// Removes all but the newest `keep` and the one that is shown.
    ///
    /// # Errors
    /// A version cannot be removed.
    pub(super) fn prune(&self, keep: usize, shown: &str) -> Result<()> {
        for old in self.all()?.iter().rev().skip(keep.max(1)).filter(|old| old.id != shown) {
            // The manifest first: without it the version does not exist.
            for file in [self.manifest_file(&old.id), self.data_file(&old.id)] {
                std::fs::remove_file(&file).or_cannot_at("remove an old version", &file)?;
            }
        }
        Ok(())
    }

    /// Writes the manifest beside the published file.
    pub(super) fn describe(&self, publication: &Publication) -> Result<()> {
        manifest::write(publication, &self.to.join(&publication.file).with_extension("json"))
    }

    /// The id of the version that BI tools see, if it is one of those that are kept. A killed run may have replaced
    /// the file and not the manifest beside it, so the bytes of the file are asked.
    pub(super) fn shown(&self, all: &[Publication]) -> Option<String> {
        let file = self.to.join(&all.last()?.file);
        let length = std::fs::metadata(&file).ok()?.len();
        let hash = sha256(&file).ok()?;
        all.iter().rev().find(|one| one.bytes == length && one.sha256 == hash).map(|one| one.id.clone())
    }
}
