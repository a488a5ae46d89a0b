//! What a run has written, for the report and for callers.

use crate::plan::FeedPlan;
use ingot_core::report::{self, Table, thousands};
use std::collections::BTreeMap;

/// What was written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateSummary {
    pub feeds: Vec<FeedSummary>,
    pub seconds: f64,
    /// Only the plan was asked for; nothing was written.
    pub dry_run: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedSummary {
    pub feed: String,
    pub files: u64,
    pub rows: u64,
    pub bytes: u64,
    /// How many defects of each code.
    pub anomalies: BTreeMap<String, u64>,
}

impl FeedSummary {
    pub(crate) fn planned(plan: FeedPlan) -> Self {
        let FeedPlan { feed, files, rows, bytes } = plan;
        Self { feed: feed.to_owned(), files, rows, bytes, anomalies: BTreeMap::new() }
    }
}

impl GenerateSummary {
    pub fn rows(&self) -> u64 {
        self.feeds.iter().map(|feed| feed.rows).sum()
    }
    pub fn bytes(&self) -> u64 {
        self.feeds.iter().map(|feed| feed.bytes).sum()
    }
    pub fn anomalies(&self) -> u64 {
        self.feeds.iter().flat_map(|feed| feed.anomalies.values()).sum()
    }

    /// For people: a row per feed, and a total.
    pub fn table(&self) -> Table {
        let row = |name: &str, files: u64, rows: u64, bytes: u64, defects: u64| {
            vec![name.to_owned(), thousands(files), thousands(rows), report::bytes(bytes), thousands(defects)]
        };
        let mut rows: Vec<Vec<String>> = self
            .feeds
            .iter()
            .map(|feed| row(&feed.feed, feed.files, feed.rows, feed.bytes, feed.anomalies.values().sum()))
            .collect();
        let files = self.feeds.iter().map(|feed| feed.files).sum();
        rows.push(row("total", files, self.rows(), self.bytes(), self.anomalies()));
        Table {
            title: "Raw data".to_owned(),
            headers: ["feed", "files", "rows", "size", "defects"].map(str::to_owned).to_vec(),
            rows,
        }
    }
}
