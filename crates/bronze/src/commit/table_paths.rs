//! Where a table is in the lake.

use crate::rejects::StagedRejects;
use ingot_core::error::Result;
use ingot_lake::{DeltaTable, LakeTable};
use std::path::PathBuf;

/// Where a table is in the lake.
#[derive(Debug, Clone)]
pub(crate) struct TablePaths {
    pub(crate) lake: PathBuf,
    pub(crate) table: String,
}

impl TablePaths {
    pub(crate) fn delta(&self) -> PathBuf {
        self.lake.join("bronze").join("delta").join(&self.table)
    }

    pub(crate) fn parquet(&self) -> PathBuf {
        self.lake.join("bronze").join("parquet").join(&self.table)
    }

    /// The reject files of a commit.
    pub(crate) fn rejects(&self, key: &str) -> StagedRejects {
        StagedRejects::of_commit(&self.lake, &self.table, key)
    }

    /// The table among those of the lake.
    pub(crate) fn table(&self) -> LakeTable {
        LakeTable { lake: self.lake.clone(), layer: "bronze".to_owned(), name: self.table.clone() }
    }

    /// Opens the Delta table if there is one, or was one.
    ///
    /// # Errors
    /// Its log is not as it was written: what was loaded would not be known.
    pub(crate) fn open_intact(&self) -> Result<Option<DeltaTable>> {
        let table = self.table();
        if table.has_log() { table.open_intact().map(Some) } else { Ok(None) }
    }

    /// Opens the Delta table if there is one.
    pub(crate) fn open(&self) -> Result<Option<DeltaTable>> {
        let folder = self.delta();
        if DeltaTable::exists(&folder) { DeltaTable::open(&folder).map(Some) } else { Ok(None) }
    }
}
