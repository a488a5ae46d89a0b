//! Runs a plan: tasks in parallel, in the plan's order, and what they hand back put together in that order,
//! so that the ledger does not depend on which thread was faster.

use crate::ledger::{Delivery, Ledger};
use crate::options::GenerateOptions;
use crate::output::Outcome;
use crate::plan::Plan;
use crate::producer::Producer;
use crate::summary::FeedSummary;
use crate::write::delta::DeltaCommits;
use ingot_core::error::{Context, Result};
use ingot_core::report::{Event, Reporter, Unit, counted};
use ingot_core::sync;
use rayon::iter::{ParallelBridge, ParallelIterator};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Makes all files; the feeds' summaries come back in the producer's order.
///
/// # Errors
/// A file cannot be written, or the run was interrupted between two files.
pub(crate) fn run(
    producer: &dyn Producer,
    plan: &Plan,
    delivery: &Delivery,
    options: &GenerateOptions,
    reporter: &dyn Reporter,
) -> Result<Vec<FeedSummary>> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.jobs)
        .thread_name(|index| format!("generate {index}"))
        .build()
        .or_cannot("start threads")?;
    let ledger = Ledger::create(&plan.out, delivery)?;
    let collector = Mutex::new(Collector::new(plan, ledger, reporter));
    pool.install(|| {
        plan.tasks.iter().enumerate().par_bridge().try_for_each(|(index, task)| {
            go_on(options)?;
            sync::lock(&collector).begin(task.feed);
            let outcome = producer.produce(task, &plan.out)?;
            sync::lock(&collector).take(index, outcome)
        })
    })?;
    go_on(options)?;
    sync::into_inner(collector).finish(producer.feeds())
}

/// What is written when a run stops here is what a killed run leaves: whole files, and a note that some are missing.
fn go_on(options: &GenerateOptions) -> Result<()> {
    options.interrupt.check().map_err(|error| {
        error.at(&options.out).hint("run the same command again to generate what is missing")
    })
}

/// Puts outcomes into the order of the plan. Those that come too early wait; as tasks begin in the
/// plan's order, only a few do.
struct Collector<'r> {
    plan: &'r Plan,
    reporter: &'r dyn Reporter,
    ledger: Ledger,
    waiting: BTreeMap<usize, Outcome>,
    next: usize,
    commits: Vec<DeltaCommits>,
    feeds: BTreeMap<&'static str, Progress>,
}

#[derive(Default)]
struct Progress {
    summary: FeedSummary,
    expected_rows: u64,
    files_left: u64,
    started: bool,
}

impl<'r> Collector<'r> {
    fn new(plan: &'r Plan, ledger: Ledger, reporter: &'r dyn Reporter) -> Self {
        let feeds = plan
            .feeds()
            .into_iter()
            .map(|feed| {
                let summary = FeedSummary { feed: feed.feed.to_owned(), ..FeedSummary::default() };
                let progress =
                    Progress { summary, expected_rows: feed.rows, files_left: feed.files, started: false };
                (feed.feed, progress)
            })
            .collect();
        Self { plan, reporter, ledger, waiting: BTreeMap::new(), next: 0, commits: Vec::new(), feeds }
    }

    /// A task of the feed begins.
    fn begin(&mut self, feed: &'static str) {
        if let Some(progress) = self.feeds.get_mut(feed)
            && !progress.started
        {
            progress.started = true;
            self.reporter.report(Event::TaskStarted {
                task: feed.to_owned(),
                total: progress.expected_rows,
                unit: Unit::Rows,
            });
        }
    }

    /// A task has ended.
    fn take(&mut self, index: usize, outcome: Outcome) -> Result<()> {
        for written in &outcome.ledger.delivered {
            self.begin(written.feed);
            let Some(progress) = self.feeds.get_mut(written.feed) else { continue };
            progress.summary.files += 1;
            progress.summary.rows += written.rows;
            progress.summary.bytes += written.bytes;
            self.reporter.report(Event::TaskAdvanced { task: written.feed.to_owned(), by: written.rows });
        }
        for file in &self.plan.tasks[index].files {
            let Some(progress) = self.feeds.get_mut(file.feed) else { continue };
            progress.files_left -= 1;
            if progress.files_left == 0 {
                let FeedSummary { rows, files, .. } = progress.summary;
                let detail = format!("{} in {}", counted(rows, "row"), counted(files, "file"));
                self.reporter.report(Event::TaskFinished { task: file.feed.to_owned(), detail });
            }
        }
        self.waiting.insert(index, outcome);
        while let Some(outcome) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.ledger.write(&outcome.ledger)?;
            for entry in &outcome.ledger.defects {
                if let Some(progress) = self.feeds.get_mut(entry.anomaly.feed) {
                    *progress.summary.anomalies.entry(entry.anomaly.code.to_owned()).or_default() += 1;
                }
            }
            self.commits.extend(outcome.commits);
        }
        Ok(())
    }

    /// Commits what waits to be committed, and ends the ledger.
    fn finish(mut self, feeds: Vec<&'static str>) -> Result<Vec<FeedSummary>> {
        for commits in self.commits {
            commits.apply()?;
        }
        self.ledger.finish()?;
        Ok(feeds
            .into_iter()
            .filter_map(|feed| self.feeds.remove(feed))
            .map(|progress| progress.summary)
            .collect())
    }
}
