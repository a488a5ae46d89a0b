//! What a load did, by file and by table, and the tables that a person reads at its end.

use crate::commit::Processed;
use crate::evolution::SchemaChange;
use crate::read_error::FileFailure;
use crate::rejects::RejectCounts;
use crate::table_rules::RuleResult;
use crate::text_table::{one_line, text_table};
use ingot_contract::RawFile;
use ingot_core::report::{self, noun, thousands};
use serde_json::{Value, json};

/// How one raw file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileStatus {
    Loaded,
    /// Its content is loaded already, under this name or, where the contract skips such files, under another.
    Unchanged,
    Failed,
}

impl FileStatus {
    fn word(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
        }
    }
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
    /// Code and reason of a failed file; `None` if its table as a whole was not loaded.
    pub error: Option<String>,
}

impl FileSummary {
    pub(crate) fn of(path: &str, status: FileStatus) -> Self {
        Self {
            path: path.to_owned(),
            status,
            read: 0,
            accepted: 0,
            rejected: 0,
            bytes: 0,
            seconds: 0.0,
            error: None,
        }
    }

    /// Whether every row of the file was rejected.
    pub fn is_rejected(&self) -> bool {
        self.read > 0 && self.rejected == self.read
    }
}

/// The files of a table, in the order of their paths.
pub(crate) fn file_summaries(
    processed: &[Processed],
    unchanged: &[RawFile],
    failed: &[(RawFile, FileFailure)],
) -> Vec<FileSummary> {
    let mut files: Vec<FileSummary> = processed
        .iter()
        .map(|file| FileSummary {
            read: file.read,
            accepted: file.accepted,
            rejected: file.rejected,
            bytes: file.bytes,
            seconds: file.seconds,
            ..FileSummary::of(&file.path, FileStatus::Loaded)
        })
        .collect();
    files.extend(unchanged.iter().map(|file| FileSummary::of(&file.relative, FileStatus::Unchanged)));
    files.extend(failed.iter().map(|(file, failure)| FileSummary {
        error: Some(failure.to_string()),
        ..FileSummary::of(&file.relative, FileStatus::Failed)
    }));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

#[derive(Debug, Clone, Default)]
pub struct TableSummary {
    pub table: String,
    pub files: Vec<FileSummary>,
    /// Unchanged files that are not among `files`: those of a bucket are counted, because there may be millions.
    pub unnamed_unchanged: u64,
    pub seconds: f64,
    /// The Delta table's version after the load; `None` if there is no table yet.
    pub version: Option<u64>,
    /// The reject file of this run, if rows were rejected.
    pub rejects: Option<std::path::PathBuf>,
    /// Why rows were rejected.
    pub reasons: RejectCounts,
    /// What the contract's rules on the table measured.
    pub rules: Vec<RuleResult>,
    /// What happened to the table's columns.
    pub schema_changes: Vec<SchemaChange>,
    /// Whether the feed is a Delta table that is followed: its rows are changes, deletions among them.
    pub followed: bool,
    /// Rows that a followed source deleted; counted among the accepted ones.
    pub deleted: u64,
    /// Rows of a followed source whose primary key is there more than once; counted among the accepted ones.
    pub repeated: u64,
    /// The newest load of the table, this one or an earlier one, in microseconds since 1970.
    pub newest_load: Option<i64>,
    /// How old the newest load may become in hours, if the contract says so.
    pub fresh_hours: Option<f64>,
    /// Why the table as a whole was not loaded.
    pub error: Option<String>,
    /// Whether that was because the load was interrupted.
    pub interrupted: bool,
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

    /// One line about the table, for the end of its task.
    pub(crate) fn detail(&self) -> String {
        if self.count(FileStatus::Loaded) == 0 && self.count(FileStatus::Failed) == 0 {
            return "nothing new".to_owned();
        }
        format!("{} {}, {} rejected", self.accepted(), noun(self.accepted(), "row"), self.rejected())
    }

    pub fn count(&self, status: FileStatus) -> usize {
        let unnamed = if status == FileStatus::Unchanged { self.unnamed_unchanged as usize } else { 0 };
        self.files.iter().filter(|file| file.status == status).count() + unnamed
    }

    /// Adds what a later round loaded of the same table.
    pub(crate) fn add(&mut self, later: Self) {
        self.files.extend(later.files);
        self.unnamed_unchanged += later.unnamed_unchanged;
        self.seconds += later.seconds;
        self.version = later.version.or(self.version);
        self.rejects = later.rejects.or(self.rejects.take());
        self.reasons = RejectCounts::merged([&self.reasons, &later.reasons].into_iter());
        self.rules = later.rules;
        self.schema_changes.extend(later.schema_changes);
        self.newest_load = later.newest_load.max(self.newest_load);
        self.fresh_hours = later.fresh_hours;
        self.error = self.error.take().or(later.error);
        self.interrupted |= later.interrupted;
    }

    fn json(&self) -> Value {
        let files: Vec<Value> = self
            .files
            .iter()
            .map(|file| {
                json!({
                    "path": file.path, "status": file.status.word(), "rows_read": file.read,
                    "rows_accepted": file.accepted, "rows_rejected": file.rejected, "bytes": file.bytes,
                    "seconds": file.seconds, "error": file.error,
                })
            })
            .collect();
        json!({
            "table": self.table,
            "status": if self.error.is_some() { "failed" } else { "ok" },
            "error": self.error,
            "version": self.version,
            "files_loaded": self.count(FileStatus::Loaded),
            "files_unchanged": self.count(FileStatus::Unchanged),
            "files_failed": self.count(FileStatus::Failed),
            "rows_read": self.read(), "rows_accepted": self.accepted(), "rows_rejected": self.rejected(),
            "rows_are_changes": self.followed, "rows_deleted": self.deleted,
            "rows_with_repeated_keys": self.repeated,
            "seconds": self.seconds,
            "rejects_file": self.rejects.as_ref().map(|path| path.display().to_string()),
            "reasons": self.reasons.json(),
            "rules": self.rules.iter().map(RuleResult::json).collect::<Vec<_>>(),
            "schema_changes": self.schema_changes,
            "files": files,
        })
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

    /// Whether a file or a table could not be loaded, or a file of which every row was rejected: the process ends with exit
    /// code 1.
    pub fn failed(&self) -> bool {
        !self.is_complete()
            || self.tables.iter().any(|table| table.files.iter().any(FileSummary::is_rejected))
    }

    /// Whether all tables and files could be loaded, however many of their rows were rejected.
    pub fn is_complete(&self) -> bool {
        self.tables.iter().all(|table| table.error.is_none() && table.count(FileStatus::Failed) == 0)
    }

    /// One line a table, and a last line for all.
    pub fn table(&self) -> report::Table {
        let mut rows: Vec<Vec<String>> = Vec::new();
        for table in &self.tables {
            rows.push(vec![
                if table.followed { format!("{} (changes)", table.table) } else { table.table.clone() },
                table.count(FileStatus::Loaded).to_string(),
                table.count(FileStatus::Unchanged).to_string(),
                table.count(FileStatus::Failed).to_string(),
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
        text_table(
            if self.dry_run { "bronze (dry run: nothing was written)" } else { "bronze" },
            &[
                "table",
                if self.dry_run { "files to load" } else { "files loaded" },
                "unchanged",
                "failed",
                "rows read",
                "accepted",
                "rejected",
                "seconds",
            ],
            rows,
        )
    }

    /// Each reason with its number of rows and its first rejects; `None` if no row was rejected.
    pub fn reasons(&self) -> Option<report::Table> {
        let mut rows = Vec::new();
        for summary in &self.tables {
            for ((code, column), count) in summary.reasons.iter() {
                for (index, sample) in count.first.iter().enumerate() {
                    let first = |text: String| if index == 0 { text } else { String::new() };
                    rows.push(vec![
                        first(summary.table.clone()),
                        first(code.clone()),
                        first(column.clone().unwrap_or_default()),
                        first(thousands(count.rows)),
                        format!("{} row {}", sample.file, sample.position.row),
                        one_line(sample.value.as_deref().unwrap_or(&sample.raw)),
                    ]);
                }
            }
        }
        (!rows.is_empty()).then(|| {
            text_table(
                "why rows are rejected, and the first of each reason",
                &["table", "reason", "column", "rows", "where", "value or row"],
                rows,
            )
        })
    }

    /// The same for programs. Fields may be added; existing fields are stable.
    pub fn json(&self) -> Value {
        json!({
            "run_id": self.run_id,
            "dry_run": self.dry_run,
            "status": if self.failed() { "failed" } else { "ok" },
            "rows_read": self.read(), "rows_accepted": self.accepted(), "rows_rejected": self.rejected(),
            "seconds": self.seconds,
            "tables": self.tables.iter().map(TableSummary::json).collect::<Vec<_>>(),
        })
    }
}
