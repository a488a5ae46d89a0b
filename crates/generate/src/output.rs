//! What a task hands back: the files it wrote, what the ledger is to say of them, and commits that are
//! still to be made.

use super::anomalies::Anomaly;
use super::ledger::{Consequence, Defect, Delivered, Rows};
use super::write::Finished;
use super::write::delta::DeltaCommits;
use std::sync::Arc;

#[derive(Debug, Default)]
pub struct Outcome {
    /// `ledger.delivered` has the files.
    pub ledger: Rows,
    /// Versions of a Delta table whose data files lie ready.
    pub commits: Option<DeltaCommits>,
}

impl Outcome {
    /// Of one file that was written.
    pub fn of_file(feed: &'static str, finished: Finished, findings: Findings) -> Self {
        let Finished { rows, bytes, content_hash } = finished;
        let file = findings.file;
        let delivered = Delivered { feed, file, rows, bytes, content_hash: Some(content_hash) };
        let ledger = Rows {
            defects: findings.defects,
            consequences: findings.consequences,
            held_back: Vec::new(),
            delivered: vec![delivered],
        };
        Self { ledger, commits: None }
    }

    pub fn extend(&mut self, other: Self) {
        self.ledger.extend(other.ledger);
        self.commits = self.commits.take().or(other.commits);
    }
}

/// What there is to say about the rows of one file.
#[derive(Debug)]
pub struct Findings {
    pub file: Arc<str>,
    pub defects: Vec<Defect>,
    pub consequences: Vec<Consequence>,
}

impl Findings {
    /// `file` is relative to the raw folder.
    pub fn new(file: &str) -> Self {
        Self { file: file.into(), defects: Vec::new(), consequences: Vec::new() }
    }

    pub fn defect(
        &mut self,
        anomaly: &'static Anomaly,
        row_number: u64,
        row_key: String,
        written_value: String,
    ) {
        self.defects.push(Defect { anomaly, file: self.file.clone(), row_number, row_key, written_value });
    }
}
