//! How the file of a warehouse was left, in `warehouse_seal.json` of the target folder. If the file is still so, nobody has
//! written to it since, and what is known of its relations needs no look at them.
//!
//! DuckDB counts the checkpoints of a file in its header, so another state has another header. The seal is written when the
//! file is closed, and read before it is opened: a process that closes a file gives up the locks that it has on it.

use super::options::write_ahead_log;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use xxhash_rust::xxh3::xxh3_128;

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
            header: format!("{:x}", xxh3_128(&header)),
            database,
        })
    }
}

/// What nobody has looked at since it was kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// Unique ids of nodes.
    #[serde(default)]
    pub nodes: BTreeSet<String>,
    /// Tables that a load has written, as `main.manifest_deliveries`, in lower case.
    #[serde(default)]
    pub tables: BTreeSet<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    state: State,
    unseen: Unseen,
}

/// The seal of a warehouse, as it was found.
#[derive(Debug)]
pub struct Seal {
    file: PathBuf,
    database: PathBuf,
    found: Option<Note>,
}

impl Seal {
    /// Looks at the file of the warehouse, which must not be open.
    pub fn look(target_folder: &Path, database: &Path) -> Self {
        let file = target_folder.join(FILE);
        let read = || serde_json::from_slice::<Note>(&std::fs::read(&file).ok()?).ok();
        let found = read().filter(|note| State::of(database).as_ref() == Some(&note.state));
        Self { file, database: database.to_path_buf(), found }
    }

    /// Whether the file was as it was left when it was looked at, and is still that one now that it is open.
    pub fn holds(&self) -> bool {
        let about = std::fs::metadata(&self.database).ok();
        self.found.as_ref().zip(about).is_some_and(|(found, about)| {
            let modified = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let is_same_time = modified.is_some_and(|time| time.as_nanos() == found.state.modified);
            is_same_time && about.len() == found.state.bytes
        })
    }

    /// What was not looked at before it was sealed; `None` if it was not as it was left.
    pub fn unseen(&self) -> Option<&Unseen> {
        self.found.as_ref().map(|note| &note.unseen)
    }

    /// Seals the file, which is closed. Without a seal the next run looks at everything, so a failure is not an error.
    pub fn renew(&self, unseen: Unseen) {
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

    /// Keeps the seal for a writer that writes to these tables alone: it is renewed when what is given is dropped, which
    /// must be after the file was closed. `None` if it does not hold, and nothing is to be kept.
    pub fn kept_over_writes_to(self, tables: &[&str]) -> Option<KeptSeal> {
        let mut unseen = self.unseen().filter(|_| self.holds())?.clone();
        unseen.tables.extend(tables.iter().map(|table| table.to_lowercase()));
        Some(KeptSeal { seal: self, unseen })
    }
}

/// A seal that is renewed when it is dropped.
#[derive(Debug)]
pub struct KeptSeal {
    seal: Seal,
    unseen: Unseen,
}

impl Drop for KeptSeal {
    fn drop(&mut self) {
        self.seal.renew(std::mem::take(&mut self.unseen));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EngineOptions;

    fn execute(database: &Path, sql: &str) {
        EngineOptions::file(database).open().unwrap().session().unwrap().execute(sql).unwrap();
    }

    fn holds(folder: &Path, database: &Path) -> bool {
        Seal::look(folder, database).holds()
    }

    #[test]
    fn a_seal_holds_until_somebody_writes() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, database) = (folder.path(), folder.path().join("w.duckdb"));
        execute(&database, "create table t as select 1 as a; create table log as select 1 as a");
        assert!(!holds(folder, &database));
        let nodes: BTreeSet<String> = ["model.shop.a".to_owned()].into();
        Seal::look(folder, &database).renew(Unseen { nodes: nodes.clone(), ..Unseen::default() });
        assert!(holds(folder, &database));
        execute(&database, "select * from t");
        assert!(holds(folder, &database), "who only reads breaks it");

        // A writer that says what it writes keeps it.
        let seal = Seal::look(folder, &database);
        let engine = EngineOptions::file(&database).open().unwrap();
        let kept = seal.kept_over_writes_to(&["main.LOG"]).unwrap();
        engine.session().unwrap().execute("insert into log values (2)").unwrap();
        drop(engine);
        drop(kept);
        let seal = Seal::look(folder, &database);
        assert!(seal.holds());
        assert_eq!(*seal.unseen().unwrap(), Unseen { nodes, tables: ["main.log".to_owned()].into() });

        execute(&database, "update t set a = 2");
        assert!(!holds(folder, &database));
        assert!(Seal::look(folder, &database).kept_over_writes_to(&["main.log"]).is_none());
    }

    #[test]
    fn a_file_that_changes_while_it_is_looked_at_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, database) = (folder.path(), folder.path().join("w.duckdb"));
        execute(&database, "create table t as select 1 as a");
        Seal::look(folder, &database).renew(Unseen::default());
        let seal = Seal::look(folder, &database);
        execute(&database, "insert into t values (2)");
        assert!(!seal.holds());
        assert!(seal.kept_over_writes_to(&["main.log"]).is_none());
    }
}
