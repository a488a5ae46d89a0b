//! What an erasure has found, kept in the lake until all is done, so that a run that was killed is completed by the next one.
//!
//! It has to name the people: once their rows are gone from bronze, nothing else says what to look for in the other places. So it
//! is readable to its owner alone, and is removed as the last step. The audit trail never sees it.

use super::database::LookedDatabase;
use super::delta::FoundInTable;
use super::outcome::Erasure;
use super::values::{BronzeRow, DELETED_ROWS, MASKED_ROWS, Values};
use ingot_bronze::{DeliveryChanges, ERASURE};
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::fs::put_in_place;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// All that is to be done: a journal for each project or environment that is not done.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Journals {
    pub(super) open: Vec<Journal>,
}

/// What is to be done in a project or an environment, and what is known for it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Journal {
    /// Its lake, by which it is known.
    pub(super) lake: PathBuf,
    pub(super) contract: String,
    pub(super) column: String,
    pub(super) keys: Vec<String>,
    pub(super) domains: BTreeMap<String, BTreeSet<String>>,
    pub(super) deleted_rows: BTreeSet<BronzeRow>,
    pub(super) masked_rows: BTreeSet<BronzeRow>,
    /// By feed: raw files that are written again, with the hash that they had.
    pub(super) raw: BTreeMap<String, BTreeMap<String, String>>,
    /// By feed.
    pub(super) deliveries: BTreeMap<String, DeliveryChanges>,
    /// Tables of the lake, by label, whose files have rows of the people.
    pub(super) tables: BTreeSet<String>,
    /// Databases that are written again.
    pub(super) databases: BTreeSet<PathBuf>,
    /// What this run has seen in them.
    #[serde(skip)]
    pub(super) looked: BTreeMap<PathBuf, LookedDatabase>,
    /// By label: what this run has seen in tables of the lake, which is held.
    #[serde(skip)]
    pub(super) looked_tables: BTreeMap<String, FoundInTable>,
    pub(super) outcome: Erasure,
}

impl Journals {
    /// `lake` is that which keeps the file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn load(lake: &Path) -> Result<Self> {
        let file = lake.join(ERASURE);
        match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                Error::new("the journal of an erasure cannot be understood").at(file).caused_by(error)
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).or_cannot_at("read the journal of an erasure", &file),
        }
    }

    /// # Errors
    /// The lake cannot be written. Nothing has been changed then.
    pub(super) fn save(&self, lake: &Path) -> Result<()> {
        let (file, beside) = (lake.join(ERASURE), lake.join(".erasure.inprogress"));
        let task = "write the journal of the erasure";
        let bytes = serde_json::to_vec(self).or_cannot_at(task, &file)?;
        std::fs::create_dir_all(lake).or_cannot_at(task, lake)?;
        write_for_owner(&beside, &bytes).or_cannot_at(task, &beside)?;
        put_in_place(&beside, &file, lake)
    }

    /// What was to be done in a project or an environment is done. With the last one the file goes.
    ///
    /// # Errors
    /// The file cannot be written or removed.
    pub(super) fn end(&mut self, of: &Path, lake: &Path) -> Result<()> {
        self.open.retain(|journal| journal.lake != of);
        if !self.open.is_empty() {
            return self.save(lake);
        }
        let file = lake.join(ERASURE);
        std::fs::remove_file(&file).or_cannot_at("remove the journal of the erasure", &file)
    }

    pub(super) fn of_mut(&mut self, lake: &Path) -> Option<&mut Journal> {
        self.open.iter_mut().find(|journal| journal.lake == lake)
    }
}

impl Journal {
    /// Takes what was found from the engine.
    pub(super) fn keep(&mut self, values: &Values) {
        self.domains.clone_from(values.domains());
    }

    /// Gives the engine what was found.
    pub(super) fn give(&self, values: &mut Values) -> Result<()> {
        for (domain, found) in &self.domains {
            values.add(domain, found.iter().cloned())?;
        }
        values.add_rows(DELETED_ROWS, &self.deleted_rows)?;
        values.add_rows(MASKED_ROWS, &self.masked_rows)
    }
}

#[cfg(unix)]
fn write_for_owner(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(file)?.write_all(bytes)
}

#[cfg(not(unix))]
fn write_for_owner(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::write(file, bytes)
}
