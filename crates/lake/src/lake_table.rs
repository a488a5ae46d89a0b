//! Where a table of the lake is, who may write to it, and what makes it whole again.
//!
//! A lake is a folder of layers (`bronze`, `silver`, `gold`). A layer has its tables twice: `<layer>/delta/<table>` is the
//! truth, `<layer>/parquet/<table>` shows its newest version to readers of plain Parquet.

use crate::delta_table::DeltaTable;
use crate::log_copies::{has_copies, refuse_damaged_log};
use crate::parquet_side::mirror;
use crate::unfinished_commits::has_commits;
use crate::writer_lock::{lock_bronze, lock_tables};
use ingot_core::error::Result;
use ingot_core::fs::FolderLock;
use std::path::{Path, PathBuf};

/// A table of a lake. It need not be there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LakeTable {
    pub lake: PathBuf,
    /// `bronze`, `silver`, `gold`.
    pub layer: String,
    pub name: String,
}

impl LakeTable {
    /// The table of which `path` is one of the two folders, or is inside of it.
    pub fn at(path: &Path) -> Option<Self> {
        path.ancestors().find_map(|folder| {
            let side = folder.parent()?;
            let layer = side.parent()?;
            let name = |path: &Path| Some(path.file_name()?.to_string_lossy().into_owned());
            let table =
                Self { lake: layer.parent()?.to_path_buf(), layer: name(layer)?, name: name(folder)? };
            let is_side = matches!(name(side)?.as_str(), "delta" | "parquet");
            (is_side && table.has_log()).then_some(table)
        })
    }

    /// `gold.dim_customer`.
    pub fn label(&self) -> String {
        format!("{}.{}", self.layer, self.name)
    }

    /// The folder of the Delta table.
    pub fn delta(&self) -> PathBuf {
        self.lake.join(&self.layer).join("delta").join(&self.name)
    }

    /// The folder that shows the newest version as plain Parquet.
    pub fn parquet(&self) -> PathBuf {
        self.lake.join(&self.layer).join("parquet").join(&self.name)
    }

    /// Whether there is a log of versions, be it readable or not.
    pub fn has_log(&self) -> bool {
        has_commits(&self.delta()) || has_copies(&self.delta())
    }

    pub fn is_bronze(&self) -> bool {
        self.layer == "bronze"
    }

    /// Opens the newest version.
    ///
    /// # Errors
    /// As [`DeltaTable::open`], with the command that says more.
    pub fn open(&self) -> Result<DeltaTable> {
        DeltaTable::open(&self.delta()).map_err(|error| match error.hint_text() {
            Some(_) => error,
            None => error.hint(format!("run `ingot lake check {}`", self.label())),
        })
    }

    /// Opens the newest version, if the files of the log that say what it is are as they were written.
    ///
    /// # Errors
    /// As [`LakeTable::open`], or a file of the log is damaged or lost. The error has the command that puts it back.
    pub fn open_intact(&self) -> Result<DeltaTable> {
        refuse_damaged_log(&self.delta())
            .map_err(|error| error.hint(format!("run `{}`", self.repair_log_command())))?;
        self.open()
    }

    /// The command that puts back files of the log, or of one side from the other.
    pub fn repair_log_command(&self) -> String {
        format!("ingot lake check {} --repair", self.label())
    }

    /// The right to change the table. Loads and runs take the same lock.
    ///
    /// # Errors
    /// Another process has it, or the lake cannot be written.
    pub fn lock(&self) -> Result<FolderLock> {
        if self.is_bronze() { lock_bronze(&self.lake) } else { lock_tables(&self.lake.join(&self.layer)) }
    }

    /// Makes the Parquet side show the newest version, if the table has one.
    ///
    /// # Errors
    /// As [`mirror`].
    pub fn show_newest(&self, table: &DeltaTable) -> Result<()> {
        if self.parquet().is_dir() {
            mirror(&table.files()?, &*table.schema()?, &self.parquet()).map(drop)
        } else {
            Ok(())
        }
    }

    /// The command that makes the table whole from what it was made of.
    pub fn repair_command(&self) -> String {
        if self.is_bronze() {
            format!("ingot bronze reload --table {}", self.name)
        } else {
            format!("ingot run-models --select {}", self.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_known_by_either_of_its_folders() {
        let folder = tempfile::tempdir().unwrap();
        let lake = folder.path().join("lake");
        let log = lake.join("bronze/delta/orders/_delta_log");
        std::fs::create_dir_all(&log).unwrap();
        let parquet = lake.join("bronze/parquet/orders");
        std::fs::write(log.join("00000000000000000000.json#1"), "").unwrap();
        assert_eq!(LakeTable::at(&parquet), None, "its first commit never came about");
        std::fs::write(log.join("00000000000000000000.json"), "").unwrap();
        for inside in ["parquet/orders", "delta/orders", "parquet/orders/day=1/a.parquet"] {
            let found = LakeTable::at(&lake.join("bronze").join(inside)).unwrap();
            assert_eq!((found.label(), &found.lake), ("bronze.orders".to_owned(), &lake), "{inside}");
        }
        assert_eq!(LakeTable::at(&lake.join("bronze/parquet/others")), None);
        assert_eq!(LakeTable::at(&lake), None);
    }
}
