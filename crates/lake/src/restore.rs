//! Changing which files a table has without new rows: an earlier version again, or the same rows in other files.

use crate::actions::{HASH_TAG, add, remove};
use crate::commit_info::{CommitDetails, commit_info};
use crate::data_file::NewFile;
use crate::delta_table::{DeltaTable, LiveFile};
use crate::file_damage::FileDamage;
use crate::lake_table::LakeTable;
use deltalake::kernel::{Action, Add};
use deltalake::protocol::DeltaOperation;
use ingot_core::error::{Context as _, Error, Kind, Result};
use std::collections::{HashMap, HashSet};

/// The key of a commit's metadata that says which version a restore brought back.
pub const RESTORED_VERSION: &str = "restored_version";

/// What a restore changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The version that the restore made.
    pub version: u64,
    pub files_added: usize,
    pub files_removed: usize,
}

impl DeltaTable {
    /// Makes a commit after which the table has the rows and columns of `target`, an earlier version of it.
    ///
    /// # Errors
    /// A file of that version is gone or has another size, or the commit fails. Nothing has changed then.
    pub fn restore(&mut self, target: &Self, details: &CommitDetails) -> Result<Restored> {
        let timestamp = details.time();
        let (now, then) = (self.files()?, target.files()?);
        let kept = |files: &[LiveFile], file: &LiveFile| files.iter().any(|other| other.has_rows_of(file));
        let by_path: HashSet<&str> =
            then.iter().filter(|file| !kept(&now, file)).map(|file| file.relative.as_str()).collect();
        let lost = then.iter().find(|file| {
            by_path.contains(file.relative.as_str())
                && std::fs::metadata(&file.path).map_or(true, |found| found.len() != file.bytes)
        });
        if let Some(lost) = lost {
            return Err(Error::new(format!("version {} needs a file that is not there any more", target.version()))
                .at(&lost.path)
                .hint("restore a newer version: `ingot lake history` lists them, and vacuum removes files of old ones"));
        }
        let mut actions: Vec<Action> = vec![commit_info(details, timestamp).into()];
        let state = target.inner.snapshot().or_cannot_at("read the Delta table", &self.root)?;
        let current = self.inner.snapshot().or_cannot_at("read the Delta table", &self.root)?;
        if state.metadata() != current.metadata() {
            actions.push(state.metadata().clone().into());
        }
        let removed: Vec<&LiveFile> = now.iter().filter(|file| !kept(&then, file)).collect();
        actions.extend(removed.iter().map(|file| remove(file, timestamp).into()));
        let added: Vec<Add> =
            target.adds()?.into_iter().filter(|file| by_path.contains(file.path.as_str())).collect();
        let (files_added, files_removed) = (added.len(), removed.len());
        actions.extend(added.into_iter().map(Action::from));
        let operation = DeltaOperation::Restore { version: Some(target.version()), datetime: None };
        let version = self.commit_actions(actions, operation)?;
        Ok(Restored { version, files_added, files_removed })
    }

    /// Makes a commit that puts the same rows into other files. Readers of changes see none in it.
    ///
    /// # Errors
    /// As [`DeltaTable::commit`].
    pub fn rearrange(
        &mut self,
        added: Vec<NewFile>,
        removed: &[LiveFile],
        details: &CommitDetails,
    ) -> Result<u64> {
        let timestamp = details.time();
        let mut actions: Vec<Action> = vec![commit_info(details, timestamp).into()];
        actions.extend(removed.iter().map(|file| {
            let mut action = remove(file, timestamp);
            action.data_change = false;
            action.into()
        }));
        actions.extend(added.into_iter().map(|file| {
            let mut action = add(file, timestamp);
            action.data_change = false;
            action.into()
        }));
        self.commit_actions(actions, DeltaOperation::Update { predicate: None })
    }

    /// The hashes (XXH3-128, hexadecimal) of the data files of the loaded version, by their relative paths. A file
    /// that another program has written has none.
    ///
    /// # Errors
    /// The log of the table was not read.
    pub fn hashes(&self) -> Result<HashMap<String, String>> {
        let hash = |mut file: Add| Some((file.path, file.tags.as_mut()?.remove(HASH_TAG)??));
        Ok(self.adds()?.into_iter().filter_map(hash).collect())
    }

    /// Refuses files whose rows would be written again although they are not as they were written: with a new hash, nobody
    /// would find out.
    ///
    /// # Errors
    /// One of the files is damaged or gone; it is named, with the command that repairs it.
    pub fn refuse_damaged<'f>(&self, files: impl IntoIterator<Item = &'f LiveFile>) -> Result<()> {
        let hashes = self.hashes()?;
        for file in files {
            let hash = hashes.get(&file.relative).map(String::as_str);
            if let Some(damage) = FileDamage::of(&file.path, file.bytes, hash) {
                let error = Error::new(format!("a data file is damaged: {damage}"))
                    .of_kind(Kind::Data)
                    .at(&file.path);
                return Err(match LakeTable::at(&self.root) {
                    Some(table) => error.hint(format!("run `{}`", table.repair_command())),
                    None => error,
                });
            }
        }
        Ok(())
    }

    /// The `add` actions of the loaded version.
    fn adds(&self) -> Result<Vec<Add>> {
        let state = self.inner.snapshot().or_cannot_at("read the Delta table", &self.root)?;
        #[expect(deprecated, reason = "the library offers tags and statistics of files in no other form")]
        Ok(state.log_data().iter().map(|file| file.add_action()).collect())
    }
}
