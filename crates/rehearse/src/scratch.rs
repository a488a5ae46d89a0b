//! A copy of the project in a folder that goes away: everything but what runs leave behind, and the raw files as links.

use ingot_contract::{Contract, Format};
use ingot_core::error::{Context, Error, Result};
use ingot_core::fs::free_space;
use ingot_core::project::Project;
use ingot_models::{RunOptions, Verb, Verify, places};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What runs leave in a project, and what is not part of one.
const NOT_COPIED: [&str; 9] =
    ["data_raw", "lake", "duckdb", "target", "logs", "analytics", "node_modules", "__pycache__", "venv"];

/// Of a feed, the newest files are loaded until they have so many bytes.
const ENOUGH_BYTES: u64 = 64 << 20;
/// Where Linux keeps files in memory.
const MEMORY: &str = "/dev/shm";
/// Bytes that the lake and the warehouse of a sample need, and much more.
const ROOM_BESIDE: u64 = 512 << 20;

pub(crate) struct Scratch {
    folder: TempDir,
    pub(crate) project: Project,
}

impl Scratch {
    /// Copies what a run needs of the project: its files, and the raw files of these contracts.
    ///
    /// # Errors
    /// A file cannot be copied, or the profile names a database outside of the project, which the copy would write to.
    pub(crate) fn of(project: &Project, contracts: &[Contract]) -> Result<Self> {
        let folder = folder(raw_bytes(project, contracts)?)?;
        let root = folder.path().join("project");
        copy_project(project.root(), &root)?;
        for name in ["data_raw", "lake", "duckdb"] {
            std::fs::create_dir_all(root.join(name)).or_cannot_at("create the folder", &root)?;
        }
        let originals = project.data_raw();
        let scratch = Self { project: Project::at(root), folder };
        for contract in contracts {
            let mut bytes = 0;
            for file in contract.raw_files(&originals)?.iter().rev() {
                let to = scratch.project.data_raw().join(&file.relative);
                if contract.raw.format == Format::Delta {
                    copy_folder(&file.path, &to)?;
                } else if bytes < ENOUGH_BYTES {
                    link(&file.path, &to)?;
                    bytes += std::fs::metadata(&file.path).map_or(0, |found| found.len());
                }
            }
        }
        scratch.check_place(project)?;
        Ok(scratch)
    }

    /// The database of the copy must be in the copy.
    fn check_place(&self, original: &Project) -> Result<()> {
        let root = self.project.root();
        if !self.has_models() {
            return Ok(());
        }
        let options = self.run_options();
        let Some(warehouse) = places(&options)?.warehouse else { return Ok(()) };
        let place = root.join(&warehouse);
        if warehouse.components().any(|part| part == std::path::Component::ParentDir)
            || !place.starts_with(root)
        {
            return Err(Error::new("the profile names a database outside of the project, which a rehearsal must not touch")
                .at(warehouse)
                .hint(format!(
                    "write its path relative to the project in profiles.yml, such as duckdb/warehouse.duckdb (project {})",
                    original.root().display()
                )));
        }
        Ok(())
    }

    /// A build of the copy's models.
    pub(crate) fn run_options(&self) -> RunOptions {
        let mut options = RunOptions::new(Verb::Build, self.project.root());
        // Nobody reads copies of the copy, and nothing else writes its files.
        options.lake_copies = false;
        options.verify = Verify::None;
        let own = self.project.root().join("profiles.yml");
        if own.is_file() {
            options.profiles_dir = Some(self.project.root().to_path_buf());
        }
        options
    }

    /// Removes the raw files of a feed from the copy.
    pub(crate) fn remove_raw(&self, contract: &Contract) -> Result<()> {
        contract.raw_files(&self.project.data_raw())?.iter().try_for_each(|file| remove(&file.path))
    }

    /// Keeps the raw files of the copy as they are now.
    pub(crate) fn keep_raw(&self) -> Result<()> {
        link_folder(&self.project.data_raw(), &self.kept_raw())
    }

    /// Puts these raw files back as they were kept.
    pub(crate) fn restore_raw(&self, files: &BTreeSet<String>) -> Result<()> {
        let (kept, raw) = (self.kept_raw(), self.project.data_raw());
        for file in files {
            remove(&raw.join(file))?;
            if kept.join(file).exists() {
                link(&kept.join(file), &raw.join(file))?;
            }
        }
        Ok(())
    }

    pub(crate) fn has_models(&self) -> bool {
        self.project.root().join("dbt_project.yml").is_file()
    }

    fn kept_raw(&self) -> PathBuf {
        self.folder.path().join("raw-without-defects")
    }

    /// Removes what the last run left.
    pub(crate) fn clear(&self) -> Result<()> {
        for name in ["lake", "duckdb"] {
            let folder = self.project.root().join(name);
            std::fs::remove_dir_all(&folder).or_cannot_at("remove the folder", &folder)?;
            std::fs::create_dir_all(&folder).or_cannot_at("create the folder", &folder)?;
        }
        Ok(())
    }

    /// The database of the models, if there is one.
    ///
    /// # Errors
    /// The profile cannot be read.
    pub(crate) fn warehouse(&self) -> Result<Option<PathBuf>> {
        let root = self.project.root();
        if !self.has_models() {
            return Ok(None);
        }
        let found = places(&self.run_options())?.warehouse.map(|warehouse| root.join(warehouse));
        Ok(found.filter(|warehouse| warehouse.is_file()))
    }

    /// Where bronze is kept as it is while its rows are chosen.
    pub(crate) fn sampled_lake(&self) -> PathBuf {
        self.folder.path().join("bronze.duckdb")
    }

    /// Gives back its room, which may be in memory.
    pub(crate) fn forget_sampled_lake(&self) -> Result<()> {
        remove(&self.sampled_lake())
    }

    /// Where tables of the first run are kept, to compare with.
    pub(crate) fn kept_warehouse(&self) -> PathBuf {
        self.folder.path().join("without-defects.duckdb")
    }
}

/// A folder that goes away. It is in memory if there is room: the runs write and remove thousands of small files, of which
/// nobody needs one after a crash.
fn folder(raw_bytes: u64) -> Result<TempDir> {
    let named = || {
        let mut named = tempfile::Builder::new();
        named.prefix("ingot-rehearse-");
        named
    };
    let needed = raw_bytes * 4 + ROOM_BESIDE;
    let is_chosen = std::env::var_os("TMPDIR").is_some();
    let has_room = !is_chosen && free_space(Path::new(MEMORY)).is_some_and(|room| room > needed);
    let in_memory = has_room.then(|| named().tempdir_in(MEMORY)).and_then(std::result::Result::ok);
    match in_memory {
        Some(folder) => Ok(folder),
        None => named().tempdir().or_cannot("make a folder for the rehearsal"),
    }
}

/// How many bytes of raw files the copy takes.
fn raw_bytes(project: &Project, contracts: &[Contract]) -> Result<u64> {
    let mut all = 0;
    for contract in contracts {
        let mut bytes = 0;
        for file in contract.raw_files(&project.data_raw())? {
            bytes += walkdir::WalkDir::new(&file.path)
                .into_iter()
                .flatten()
                .filter_map(|entry| entry.metadata().ok())
                .filter(std::fs::Metadata::is_file)
                .map(|found| found.len())
                .sum::<u64>();
        }
        all += if contract.raw.format == Format::Delta { bytes } else { bytes.min(ENOUGH_BYTES) };
    }
    Ok(all)
}

pub(crate) fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::new("cannot remove the file").at(path).caused_by(error))
        }
        _ => Ok(()),
    }
}

/// Files of the copy are replaced, never written into, so that a link is as good as a copy.
fn link(from: &Path, to: &Path) -> Result<()> {
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent).or_cannot_at("create the folder", parent)?;
    }
    if std::fs::hard_link(from, to).is_err() {
        std::fs::copy(from, to).or_cannot_at("copy the file", from)?;
    }
    Ok(())
}

fn link_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).or_cannot_at("create the folder", to)?;
    for entry in walkdir::WalkDir::new(from).into_iter().flatten().filter(|entry| entry.file_type().is_file())
    {
        if let Ok(relative) = entry.path().strip_prefix(from) {
            link(entry.path(), &to.join(relative))?;
        }
    }
    Ok(())
}

fn copy_project(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).or_cannot_at("create the folder", to)?;
    for entry in std::fs::read_dir(from).or_cannot_at("read the project", from)?.flatten() {
        let name = entry.file_name();
        let text = name.to_string_lossy();
        let is_hidden = text.starts_with('.');
        if is_hidden || NOT_COPIED.contains(&text.as_ref()) {
            continue;
        }
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to.join(&name))?;
        } else {
            std::fs::copy(entry.path(), to.join(&name)).or_cannot_at("copy the file", &entry.path())?;
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for entry in walkdir::WalkDir::new(from).into_iter().flatten() {
        let Ok(relative) = entry.path().strip_prefix(from) else { continue };
        let target = to.join(relative);
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&target).or_cannot_at("create the folder", &target)?;
        } else if entry.file_type().is_file() {
            std::fs::copy(entry.path(), &target).or_cannot_at("copy the file", entry.path())?;
        }
    }
    Ok(())
}
