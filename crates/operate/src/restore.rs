//! An earlier version of a table again, as a new commit: later loads and runs build upon it.

use crate::as_of::AsOf;
use ingot_core::error::{Error, Result};
use ingot_core::fs::make_durable;
use ingot_core::report::noun;
use ingot_lake::{CommitDetails, DeltaTable, FileDamage, LakeTable, RESTORED_VERSION, Restored};
use serde_json::{Map, Value, json};

/// What a restore did.
#[derive(Debug, Clone)]
pub struct Restoration {
    pub table: String,
    pub from: u64,
    pub to: u64,
    /// `None` if the table had the rows of that version already.
    pub done: Option<Restored>,
}

impl Restoration {
    pub fn line(&self) -> String {
        match &self.done {
            Some(done) => format!(
                "{}: version {} has the rows of version {} again ({} {} back, {} {} out)",
                self.table,
                done.version,
                self.to,
                done.files_added,
                noun(done.files_added as u64, "file"),
                done.files_removed,
                noun(done.files_removed as u64, "file")
            ),
            None => format!("{}: version {} is the newest already", self.table, self.to),
        }
    }

    pub fn json(&self) -> Value {
        json!({
            "table": self.table, "newest": self.from, "restored": self.to,
            "version": self.done.as_ref().map(|done| done.version),
        })
    }
}

/// Makes a table what it was as of a version.
///
/// # Errors
/// There is no such version, its files are gone, another process writes to the table, or the commit fails.
pub fn restore(table: &LakeTable, as_of: AsOf) -> Result<Restoration> {
    let _lock = table.lock()?;
    let mut newest = table.open()?;
    let target = as_of.open(&newest)?;
    let (from, to) = (newest.version(), target.version());
    if from == to {
        return Ok(Restoration { table: table.label(), from, to, done: None });
    }
    if target.partition_columns()? != newest.partition_columns()? {
        return Err(Error::new(format!("version {to} is partitioned by other columns than the newest"))
            .at(newest.root()));
    }
    refuse_damaged(&newest, &target)?;
    let mut metadata = Map::new();
    metadata.insert(RESTORED_VERSION.to_owned(), to.into());
    let details = CommitDetails { operation: "RESTORE", metadata, timestamp: None };
    let done = newest.restore(&target, &details)?;
    make_durable(&[newest.log_file()], newest.root())?;
    table.show_newest(&newest)?;
    Ok(Restoration { table: table.label(), from, to, done: Some(done) })
}

/// Files that would come back must be as they were written: nobody has read them since they left the table.
fn refuse_damaged(newest: &DeltaTable, target: &DeltaTable) -> Result<()> {
    let (live, hashes) = (newest.files()?, target.hashes()?);
    for file in target.files()? {
        let comes_back = !live.iter().any(|other| other.has_rows_of(&file));
        let hash = hashes.get(&file.relative).map(String::as_str);
        // What is not there is refused by the restore itself.
        let damage = if comes_back { FileDamage::of(&file.path, file.bytes, hash) } else { None };
        if damage.is_some_and(|damage| damage != FileDamage::Missing) {
            return Err(Error::new(format!("version {} needs a file that is damaged", target.version()))
                .at(&file.path)
                .hint("restore another version: `ingot lake history` lists them"));
        }
    }
    Ok(())
}
