//! How a run left the file of the warehouse, in `target/warehouse_seal.json`. If the file is still so, nobody has written to
//! it since, and what is kept about its relations needs no look at them.
//!
//! DuckDB counts the checkpoints of a file in its header, so another state has another header. The seal is written when the
//! file is closed, and read before it is opened: a process that closes a file gives up the locks that it has on it.

use ingot_engine::duckdb::write_ahead_log;
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

const FILE: &str = "warehouse_seal.json";
/// The three blocks with which every file of DuckDB begins.
const HEADER: u64 = 3 * 4096;

/// What tells one state of a file from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    database: PathBuf,
    bytes: u64,
    /// Nanoseconds since 1970.
    modified: u128,
    header: String,
}

impl State {
    /// `None` if there is no file, or a part of what was written is in the log beside it.
    fn of(database: &Path) -> Option<Self> {
        let database = std::path::absolute(database).ok()?;
        if std::fs::metadata(write_ahead_log(&database)).is_ok_and(|log| log.len() > 0) {
            return None;
        }
        let file = std::fs::File::open(&database).ok()?;
        let about = file.metadata().ok()?;
        let mut header = Vec::new();
        file.take(HEADER).read_to_end(&mut header).ok()?;
        Some(Self {
            bytes: about.len(),
            modified: about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos(),
            header: crate::hashing::of_texts([header]),
            database,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    state: State,
    /// Unique ids of what nobody has looked at since it was kept.
    unseen: Vec<String>,
}

/// The seal of a warehouse, as it was found.
#[derive(Debug)]
pub(crate) struct Seal {
    file: PathBuf,
    database: PathBuf,
    found: Option<Note>,
}

impl Seal {
    /// Looks at the file of the warehouse, which must not be open.
    pub(crate) fn look(target_folder: &Path, database: &Path) -> Self {
        let file = target_folder.join(FILE);
        let read = || serde_json::from_slice::<Note>(&std::fs::read(&file).ok()?).ok();
        let found = read().filter(|note| State::of(database).as_ref() == Some(&note.state));
        Self { file, database: database.to_path_buf(), found }
    }

    /// Whether the file is as it was left.
    pub(crate) fn holds(&self) -> bool {
        self.found.is_some()
    }

    /// Whether the file, which is open now, is still the one that was looked at.
    pub(crate) fn is_as_found(&self) -> bool {
        let about = std::fs::metadata(&self.database).ok();
        self.found.as_ref().zip(about).is_some_and(|(found, about)| {
            let modified = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let is_same_time = modified.is_some_and(|time| time.as_nanos() == found.state.modified);
            is_same_time && about.len() == found.state.bytes
        })
    }

    /// What was not looked at before it was sealed.
    pub(crate) fn unseen(&self) -> &[String] {
        self.found.as_ref().map(|note| note.unseen.as_slice()).unwrap_or_default()
    }

    /// Seals the file, which is closed. Without a seal the next run looks at everything, so a failure is not an error.
    pub(crate) fn renew(&self, unseen: Vec<String>) {
        let Some(state) = State::of(&self.database) else { return };
        if self.found.as_ref().is_some_and(|found| found.state == state && found.unseen == unseen) {
            return;
        }
        let Ok(text) = serde_json::to_vec(&Note { state, unseen }) else { return };
        let beside = self.file.with_extension(format!("{}.tmp", std::process::id()));
        let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, &self.file));
        if written.is_err() {
            std::fs::remove_file(&beside).ok();
        }
    }
}
