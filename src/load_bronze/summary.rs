//! What a load did, per file and per table, and the table that a person reads at its end.

use crate::report;

/// How one raw file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileStatus {
    Loaded,
    /// Loaded before, with the same content.
    Unchanged,
    Failed,
}

#[derive(Debug, Clone)]
pub struct FileSummary {
    /// Relative to the raw folder.
    pub path: String,
    pub status: FileStatus,
    pub read: u64,
    pub accepted: u64,
    pub rejected: u64,
    pub bytes: u64,
    pub seconds: f64,
    /// Code and reason of a failed file.
    pub error: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct TableSummary {
    pub table: String,
    pub files: Vec<FileSummary>,
    pub seconds: f64,
    /// The Delta table's version after the load; `None` if there is no table yet.
    pub version: Option<u64>,
    /// The reject file of this run, if rows were rejected.
    pub rejects: Option<std::path::PathBuf>,
    /// Why the table as a whole was not loaded.
    pub error: Option<String>,
}

impl TableSummary {
    pub fn read(&self) -> u64 {
        self.files.iter().map(|file| file.read).sum()
    }
    pub fn accepted(&self) -> u64 {
        self.files.iter().map(|file| file.accepted).sum()
    }
    pub fn rejected(&self) -> u64 {
        self.files.iter().map(|file| file.rejected).sum()
    }
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
    pub fn count(&self, status: FileStatus) -> usize {
        self.files.iter().filter(|file| file.status == status).count()
    }
}

#[derive(Debug, Clone)]
pub struct LoadSummary {
    pub run_id: String,
    /// In the order of the tables' names.
    pub tables: Vec<TableSummary>,
    pub seconds: f64,
    pub dry_run: bool,
}

impl LoadSummary {
    pub fn read(&self) -> u64 {
        self.tables.iter().map(TableSummary::read).sum()
    }
    pub fn accepted(&self) -> u64 {
        self.tables.iter().map(TableSummary::accepted).sum()
    }
    pub fn rejected(&self) -> u64 {
        self.tables.iter().map(TableSummary::rejected).sum()
    }

    /// Whether a file or a table could not be loaded: the process ends with exit code 1.
    pub fn failed(&self) -> bool {
        self.tables.iter().any(|table| table.error.is_some() || table.count(FileStatus::Failed) > 0)
    }

    /// One line a table, and a last line for all.
    pub fn table(&self) -> report::Table {
        let mut rows: Vec<Vec<String>> = Vec::new();
        for table in &self.tables {
            rows.push(vec![
                table.table.clone(),
                table.count(FileStatus::Loaded).to_string(),
                table.count(FileStatus::Unchanged).to_string(),
                match &table.error {
                    Some(_) => "all".to_owned(),
                    None => table.count(FileStatus::Failed).to_string(),
                },
                table.read().to_string(),
                table.accepted().to_string(),
                table.rejected().to_string(),
                format!("{:.2}", table.seconds),
            ]);
        }
        let count = |status| self.tables.iter().map(|table| table.count(status)).sum::<usize>().to_string();
        rows.push(vec![
            "total".to_owned(),
            count(FileStatus::Loaded),
            count(FileStatus::Unchanged),
            count(FileStatus::Failed),
            self.read().to_string(),
            self.accepted().to_string(),
            self.rejected().to_string(),
            format!("{:.2}", self.seconds),
        ]);
        report::Table {
            title: if self.dry_run { "bronze (dry run: nothing was written)" } else { "bronze" }.to_owned(),
            headers: [
                "table",
                "files loaded",
                "unchanged",
                "failed",
                "rows read",
                "accepted",
                "rejected",
                "seconds",
            ]
            .map(str::to_owned)
            .to_vec(),
            rows,
        }
    }
}
