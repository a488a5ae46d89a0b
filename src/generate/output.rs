//! What a task hands back: how much it wrote, the defects in it, and commits that are still to be made.

use super::anomalies::Anomaly;
use super::ledger::Entry;
use super::write::delta::DeltaCommits;
use std::sync::Arc;

/// One file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub feed: &'static str,
    pub rows: u64,
    pub bytes: u64,
}

#[derive(Debug, Default)]
pub struct Outcome {
    pub written: Vec<Written>,
    pub ledger: Vec<Entry>,
    /// Versions of a Delta table whose data files lie ready.
    pub commits: Option<DeltaCommits>,
}

impl Outcome {
    pub fn of_file(feed: &'static str, rows: u64, bytes: u64, findings: Findings) -> Self {
        Self { written: vec![Written { feed, rows, bytes }], ledger: findings.entries, commits: None }
    }

    pub fn extend(&mut self, other: Self) {
        self.written.extend(other.written);
        self.ledger.extend(other.ledger);
        self.commits = self.commits.take().or(other.commits);
    }
}

/// The defects in one file.
#[derive(Debug, Default)]
pub struct Findings {
    file: Arc<str>,
    entries: Vec<Entry>,
}

impl Findings {
    pub fn new(file: &str) -> Self {
        Self { file: file.into(), entries: Vec::new() }
    }

    pub fn add(&mut self, anomaly: &'static Anomaly, row_key: String, written_value: String) {
        self.entries.push(Entry { anomaly, file: self.file.clone(), row_key, written_value });
    }
}
