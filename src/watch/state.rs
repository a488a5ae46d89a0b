//! What a watch leaves in `target/watch/state.json`: for the next start, and for `ingot status --watch`.

use ingot_core::error::{Context as _, Error, Result};
use ingot_core::project::Project;
use ingot_core::report::is_running;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Failed files of a feed that are named.
const NAMED: usize = 50;

/// How a watch is, or was when it ended.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct WatchState {
    pub process: u32,
    /// When it began, and when it wrote this.
    pub started: String,
    pub updated: String,
    /// Loads and runs since it began.
    pub cycles: u64,
    /// What keeps it from its work, if anything does.
    pub problem: Option<String>,
    /// What failed in the last run of the models, if anything did.
    pub failed_nodes: Vec<String>,
    /// Tables of bronze whose newest rows are not in the copies of models in the lake.
    #[serde(default)]
    pub not_copied: Vec<String>,
    pub feeds: BTreeMap<String, FeedState>,
}

/// What a watch knows of one feed. Files and rows are counted since it began.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FeedState {
    pub frequency: String,
    pub files: u64,
    pub rows: u64,
    pub rejected: u64,
    /// Files that are not complete yet, or not due yet.
    pub waiting: u64,
    /// Files that could not be loaded, and why.
    pub failed: BTreeMap<String, String>,
    pub newest_load: Option<String>,
    /// When it is due next, if it is not always.
    pub next: Option<String>,
    /// The beginning of the period in which it was taken last.
    pub period: Option<String>,
    /// The version of the table that the models have seen.
    pub built: Option<u64>,
}

impl FeedState {
    /// A file could not be loaded.
    pub(super) fn note_failed(&mut self, file: &str, why: &str) {
        if self.failed.len() < NAMED || self.failed.contains_key(file) {
            self.failed.insert(file.to_owned(), why.to_owned());
        }
    }
}

/// The folder of all that a watch writes about itself.
pub(super) fn folder(project: &Project) -> PathBuf {
    project.target().join("watch")
}

fn file(project: &Project) -> PathBuf {
    folder(project).join("state.json")
}

/// The file that a running watch keeps locked, relative to its folder.
pub(super) const LOCK: &str = ".lock";

impl WatchState {
    /// Of the watch before, or of none. A file that cannot be understood is as if it were not there: then the models run
    /// once too often.
    pub(super) fn before(project: &Project) -> Self {
        let text = std::fs::read_to_string(file(project)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Replaces the file as a whole.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&self, project: &Project) -> Result<()> {
        let path = file(project);
        let beside = path.with_extension("json.inprogress");
        let text = serde_json::to_string_pretty(self).or_cannot_at("write the file", &beside)?;
        std::fs::write(&beside, text).or_cannot_at("write the file", &beside)?;
        std::fs::rename(&beside, &path).or_cannot_at("rename the file", &beside)
    }
}

/// How the watch of a project is, and whether it runs.
///
/// # Errors
/// There was none, or what it left cannot be read.
pub fn state_of(project: &Project) -> Result<(WatchState, bool)> {
    let path = file(project);
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::new("this project was not watched yet").at(&path).hint("run `ingot watch`"));
        }
        read => read.or_cannot_at("read the file", &path)?,
    };
    let state = serde_json::from_str(&text).or_cannot_at("read the file", &path)?;
    Ok((state, is_running(&lock_file(project))))
}

fn lock_file(project: &Project) -> PathBuf {
    folder(project).join(Path::new(LOCK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_watch_writes_the_next_one_reads() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::at(folder.path());
        assert!(state_of(&project).unwrap_err().message().contains("not watched yet"));
        std::fs::create_dir_all(super::folder(&project)).unwrap();
        let mut state = WatchState { cycles: 3, ..WatchState::before(&project) };
        let period = Some("2026-11-29T00:00:00Z".to_owned());
        let feed = FeedState { built: Some(7), period, ..FeedState::default() };
        state.feeds.insert("orders".to_owned(), feed);
        state.write(&project).unwrap();
        let (read, runs) = state_of(&project).unwrap();
        assert_eq!((read.cycles, read.feeds["orders"].built, runs), (3, Some(7), false));
        assert!(read.feeds["orders"].period.is_some());
        std::fs::write(super::file(&project), "{ half").unwrap();
        assert_eq!(WatchState::before(&project).cycles, 0);
        assert!(state_of(&project).is_err());
    }
}
