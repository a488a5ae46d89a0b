//! Tables that this process has read, so that a log is not read again until something happens in it: a program that loads
//! all day would otherwise read each log half a dozen times in each round.
//!
//! What was read is what there is as long as nothing was created, renamed or removed in the folder of the log, its newest file
//! was not written again, and there is no newer version. Bytes that changed in an older file are found by comparing it with its
//! copy (`log_copies`).

use crate::file_stamp::FileStamp;
use ingot_core::sync::lock;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, SystemTime};

/// So many tables are remembered at most.
const MOST: usize = 64;
/// Two changes of a folder that follow each other within this time may leave it with the same time.
const TICK: Duration = Duration::from_millis(100);

static OPENED: LazyLock<Mutex<HashMap<PathBuf, Opened>>> = LazyLock::new(Mutex::default);

struct Opened {
    seen: LogStamp,
    /// The log file of its version.
    newest: FileStamp,
    table: deltalake::DeltaTable,
}

/// What the folder of a log was like before it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogStamp {
    log: PathBuf,
    folder: FileStamp,
}

impl LogStamp {
    /// `None` if there is no log.
    pub(crate) fn of(root: &Path) -> Option<Self> {
        let log = root.join("_delta_log");
        Some(Self { folder: FileStamp::of(&log)?, log })
    }

    /// Whether nothing has happened in the folder for a while, so that a change from now on gives it another time.
    fn is_settled(&self) -> bool {
        let changed = std::fs::metadata(&self.log).and_then(|found| found.modified());
        changed.is_ok_and(|changed| SystemTime::now().duration_since(changed).is_ok_and(|age| age > TICK))
    }

    fn file(&self, version: u64) -> PathBuf {
        self.log.join(format!("{version:020}.json"))
    }
}

/// The newest version of a table, if this process has read it.
pub(crate) fn known(root: &Path) -> Option<deltalake::DeltaTable> {
    let now = LogStamp::of(root)?;
    let opened = lock(&OPENED);
    let known = opened.get(root).filter(|known| known.seen == now)?;
    let version = known.table.version()?;
    let is_newest =
        FileStamp::of(&now.file(version)) == Some(known.newest) && !now.file(version + 1).exists();
    is_newest.then(|| known.table.clone())
}

/// Remembers a table that was read at its newest version, after the stamp was taken.
pub(crate) fn remember_read(root: &Path, seen: Option<LogStamp>, table: &deltalake::DeltaTable) {
    if let Some(seen) = seen.filter(LogStamp::is_settled) {
        remember(root, seen, table);
    }
}

/// Remembers a table to which this process has just committed, with the right to change it: nobody else has changed what
/// was there before.
pub(crate) fn remember_written(root: &Path, table: &deltalake::DeltaTable) {
    if let Some(seen) = LogStamp::of(root) {
        remember(root, seen, table);
    }
}

fn remember(root: &Path, seen: LogStamp, table: &deltalake::DeltaTable) {
    let newest = table.version().and_then(|version| FileStamp::of(&seen.file(version)));
    let Some(newest) = newest else { return };
    let mut opened = lock(&OPENED);
    if opened.len() >= MOST && !opened.contains_key(root) {
        opened.clear();
    }
    opened.insert(root.to_path_buf(), Opened { seen, newest, table: table.clone() });
}

/// Forgets a table whose log is written anew.
pub(crate) fn forget(root: &Path) {
    lock(&OPENED).remove(root);
}
