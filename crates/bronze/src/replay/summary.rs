//! What a replay did.

use crate::commit::Run;
use crate::rejects::RejectCounts;
use crate::text_table::{one_line, text_table};
use ingot_core::report;
use serde_json::{Value, json};

/// The rejects of one raw file in one reject file.
#[derive(Debug, Clone, Default)]
pub struct ReplayedFile {
    /// The run (for followed tables, with the version) that rejected them.
    pub run: String,
    pub file: String,
    /// Rows whose text was corrected.
    pub corrected: u64,
    pub loaded: u64,
    pub rejected: u64,
}

#[derive(Debug, Clone)]
pub struct ReplaySummary {
    pub run_id: String,
    pub table: String,
    pub dry_run: bool,
    pub files: Vec<ReplayedFile>,
    /// Why rows are still rejected.
    pub reasons: RejectCounts,
    /// Rejects of files or keys that were delivered again since, which were not loaded.
    pub superseded: u64,
    pub seconds: f64,
}

impl ReplaySummary {
    pub(super) fn new(run: &Run<'_>, table: &str) -> Self {
        Self {
            run_id: run.stamp.id.clone(),
            table: table.to_owned(),
            dry_run: run.options.dry_run,
            files: Vec::new(),
            reasons: RejectCounts::default(),
            superseded: 0,
            seconds: 0.0,
        }
    }

    pub fn loaded(&self) -> u64 {
        self.files.iter().map(|file| file.loaded).sum()
    }
    pub fn rejected(&self) -> u64 {
        self.files.iter().map(|file| file.rejected).sum()
    }
    pub fn tried(&self) -> u64 {
        self.loaded() + self.rejected()
    }

    /// One line for each file, and one for each remaining reason with its first row.
    pub fn table(&self) -> report::Table {
        let mut rows: Vec<Vec<String>> = self
            .files
            .iter()
            .map(|file| {
                vec![
                    file.file.clone(),
                    file.run.clone(),
                    file.corrected.to_string(),
                    file.loaded.to_string(),
                    file.rejected.to_string(),
                    String::new(),
                ]
            })
            .collect();
        for ((code, column), count) in self.reasons.iter() {
            let Some(first) = count.first.first() else { continue };
            rows.push(vec![
                format!("{} row {}", first.file, first.position.row),
                String::new(),
                String::new(),
                String::new(),
                count.rows.to_string(),
                format!(
                    "{code} {} {}",
                    column.as_deref().unwrap_or_default(),
                    one_line(first.value.as_deref().unwrap_or(&first.raw))
                ),
            ]);
        }
        text_table(
            if self.dry_run { "replay (dry run: nothing was written)" } else { "replay" },
            &["file", "rejected by", "corrected", "loaded", "still rejected", "why"],
            rows,
        )
    }

    /// The same for programs. Fields may be added; existing fields are stable.
    pub fn json(&self) -> Value {
        let files: Vec<Value> = self
            .files
            .iter()
            .map(|file| {
                json!({
                    "file": file.file, "rejected_by": file.run, "rows_corrected": file.corrected,
                    "rows_loaded": file.loaded, "rows_rejected": file.rejected,
                })
            })
            .collect();
        json!({
            "run_id": self.run_id, "table": self.table, "dry_run": self.dry_run,
            "rows_tried": self.tried(), "rows_loaded": self.loaded(), "rows_rejected": self.rejected(),
            "rows_superseded": self.superseded, "seconds": self.seconds, "files": files,
            "reasons": self.reasons.json(),
        })
    }
}
