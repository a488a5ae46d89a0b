//! What will be written, before anything is: pure data, which `--dry-run` prints and the run follows.

use crate::calendar::{Day, iso};
use ingot_core::report::{bytes, counted, thousands};
use std::fmt;
use std::path::PathBuf;

/// A run of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: Day,
    pub(crate) days: i32,
    /// Some of its days' rows are delivered up to so many days late.
    pub(crate) late_days: i32,
}

impl Window {
    /// The first day after it.
    pub(crate) fn end(self) -> Day {
        self.start + self.days
    }
    pub(crate) fn contains(self, day: Day) -> bool {
        (self.start..self.end()).contains(&day)
    }
}

/// A file to be written. Rows and bytes are estimates.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlannedFile {
    pub(crate) feed: &'static str,
    /// Relative to the raw folder, with `/`; the table's folder for Delta.
    pub(crate) relative: String,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

/// One piece of work: files that are made together, from streams of random numbers that are seeded by
/// `feed` and `part`. Tasks do not depend on each other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Task {
    pub(crate) feed: &'static str,
    /// A day, or a store and the first day of a month; what it means is up to the feed.
    pub(crate) part: (i64, i64),
    pub(crate) files: Vec<PlannedFile>,
}

/// All tasks of a run, in the order in which they begin.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) scale: f64,
    pub(crate) window: Window,
    pub(crate) out: PathBuf,
    pub(crate) tasks: Vec<Task>,
}

/// A line of the plan's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FeedPlan {
    pub(crate) feed: &'static str,
    pub(crate) files: u64,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

impl Plan {
    /// The feeds in the order of their first task.
    pub(crate) fn feeds(&self) -> Vec<FeedPlan> {
        let mut feeds: Vec<FeedPlan> = Vec::new();
        for file in self.tasks.iter().flat_map(|task| &task.files) {
            let place = feeds.iter().position(|plan| plan.feed == file.feed).unwrap_or_else(|| {
                feeds.push(FeedPlan { feed: file.feed, files: 0, rows: 0, bytes: 0 });
                feeds.len() - 1
            });
            feeds[place].files += 1;
            feeds[place].rows += file.rows;
            feeds[place].bytes += file.bytes;
        }
        feeds
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.feeds().iter().map(|feed| feed.bytes).sum()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "into {}, {} to {} ({}), seed {}, scale {}",
            self.out.display(),
            iso(self.window.start),
            iso(self.window.end() - 1),
            counted(self.window.days as u64, "day"),
            self.seed,
            self.scale
        )?;
        writeln!(f, "{:<16} {:>8} {:>14} {:>12}", "feed", "files", "rows about", "size about")?;
        let feeds = self.feeds();
        for feed in &feeds {
            writeln!(
                f,
                "{:<16} {:>8} {:>14} {:>12}",
                feed.feed,
                thousands(feed.files),
                thousands(feed.rows),
                bytes(feed.bytes)
            )?;
        }
        write!(
            f,
            "{:<16} {:>8} {:>14} {:>12}",
            "total",
            thousands(feeds.iter().map(|feed| feed.files).sum()),
            thousands(feeds.iter().map(|feed| feed.rows).sum()),
            bytes(self.bytes())
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_reads_as_a_table() {
        let file = |feed, rows, bytes| PlannedFile { feed, relative: "x".into(), rows, bytes };
        let plan = Plan {
            seed: 1,
            scale: 0.5,
            window: Window { start: 0, days: 2, late_days: 0 },
            out: "raw".into(),
            tasks: vec![
                Task { feed: "a", part: (0, 0), files: vec![file("a", 1000, 2_000_000), file("b", 2, 10)] },
                Task { feed: "a", part: (1, 0), files: vec![file("a", 500, 1_000_000)] },
            ],
        };
        assert_eq!(
            plan.to_string(),
            "into raw, 1970-01-01 to 1970-01-02 (2 days), seed 1, scale 0.5\n\
             feed                files     rows about   size about\n\
             a                       2          1,500       3.0 MB\n\
             b                       1              2         10 B\n\
             total                   3          1,502       3.0 MB"
        );
    }
}
