//! What a task hands back: the files it wrote, their rows for the ledger, and commits that are still to be made.

use crate::anomalies::Anomaly;
use crate::ledger::{Consequence, Defect, Delivered, Rows};
use crate::write::Finished;
use crate::write::delta::DeltaCommits;
use std::sync::Arc;

#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// `ledger.delivered` has the files.
    pub(crate) ledger: Rows,
    /// Versions of a Delta table whose data files are written and not committed yet.
    pub(crate) commits: Option<DeltaCommits>,
}

impl Outcome {
    /// Of one file that was written.
    pub(crate) fn of_file(feed: &'static str, finished: Finished, findings: Findings) -> Self {
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

    pub(crate) fn extend(&mut self, other: Self) {
        self.ledger.extend(other.ledger);
        self.commits = self.commits.take().or(other.commits);
    }
}

/// What the ledger has to name about the rows of one file.
#[derive(Debug)]
pub(crate) struct Findings {
    pub(crate) file: Arc<str>,
    pub(crate) defects: Vec<Defect>,
    pub(crate) consequences: Vec<Consequence>,
}

impl Findings {
    /// `file` is relative to the raw folder.
    pub(crate) fn new(file: &str) -> Self {
        Self { file: file.into(), defects: Vec::new(), consequences: Vec::new() }
    }

    /// The same for a file of the same content.
    pub(crate) fn copied(&self) -> Self {
        let (defects, consequences) = (self.defects.clone(), self.consequences.clone());
        Self { file: self.file.clone(), defects, consequences }
    }

    pub(crate) fn defect(
        &mut self,
        anomaly: &'static Anomaly,
        row_number: u64,
        row_key: String,
        written_value: String,
    ) {
        self.defects.push(Defect { anomaly, file: self.file.clone(), row_number, row_key, written_value });
    }
}
