//! What a watch tells of itself: a line for each round, a log of bounded size, metrics, the state, the history of runs.

use super::delivery::{Delivered, FileOutcome};
use super::models::Ran;
use super::options::WatchOptions;
use super::state::{WatchState, folder};
use crate::audited::{AuditNotes, OpenEntry};
use crate::run_notes::RunNotes;
use ingot_core::error::{Error, Result};
use ingot_core::report::{Event, Level, Reporter, counted, seconds, thousands};
use ingot_landing::{Metrics, MetricsServer, RotatingLog};
use ingot_models::{RunSummary, Status};
use ingot_operate::{Measure, RunPart, RunRecord, record_run};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How much time one entry of the history of runs stands for, if nothing fails: a round is too little for an entry of its own.
const ENTRY: Duration = Duration::from_secs(600);

/// One round: what was loaded, and what was run.
pub(super) struct Round {
    pub(super) begun: Timestamp,
    pub(super) clock: Instant,
    pub(super) delivered: Option<Delivered>,
    pub(super) ran: Option<Ran>,
    /// What kept the load or the run from beginning.
    pub(super) problem: Option<Error>,
}

impl Round {
    /// Whether it is worth a line: files that are loaded already are looked at when a watch begins.
    pub(super) fn has_done_something(&self) -> bool {
        let has_run = self.ran.as_ref().is_some_and(|ran| !ran.summary.results.is_empty());
        has_run || self.problem.is_some() || !loaded(self).is_empty() || !not_loaded(self).is_empty()
    }
}

/// Where all of it is told.
pub(super) struct Journal<'r> {
    options: &'r WatchOptions,
    reporter: &'r dyn Reporter,
    log: RotatingLog,
    metrics: Metrics,
    metrics_file: PathBuf,
    server: Option<MetricsServer>,
    entry: Entry,
    /// Whether the round before failed: then the history knows it.
    is_failing: bool,
    /// Whether anything has failed since it began.
    pub(super) has_failed: bool,
}

/// What goes into the history of runs and into the audit trail next.
struct Entry {
    begun: Timestamp,
    clock: Instant,
    parts: BTreeMap<(String, String), RunPart>,
    measures: Vec<Measure>,
    audit: AuditNotes,
    /// The entry in the audit trail, if the project has one.
    open: Option<OpenEntry>,
}

impl Entry {
    fn new(open: Option<OpenEntry>) -> Self {
        Self {
            begun: Timestamp::now(),
            clock: Instant::now(),
            parts: BTreeMap::new(),
            measures: Vec::new(),
            audit: AuditNotes::default(),
            open,
        }
    }

    /// Rows and times of parts are summed; how the last of them ended is how the part is.
    fn add(&mut self, notes: RunNotes) {
        self.audit.add(&notes);
        for part in notes.parts {
            let key = (part.kind.clone(), part.name.clone());
            let before = self.parts.remove(&key).unwrap_or_default();
            let sum = |one: Option<u64>, other: Option<u64>| match (one, other) {
                (Some(one), Some(other)) => Some(one + other),
                (one, other) => one.or(other),
            };
            let failures =
                if part.kind == "table" { sum(before.failures, part.failures) } else { part.failures };
            let rows = sum(before.rows, part.rows);
            let seconds = before.seconds + part.seconds;
            self.parts.insert(key, RunPart { rows, failures, seconds, ..part });
        }
        self.measures = notes.measures;
    }
}

impl<'r> Journal<'r> {
    /// # Errors
    /// The folder of the watch or the audit trail cannot be written, or the address of the metrics is taken.
    pub(super) fn open(options: &'r WatchOptions, reporter: &'r dyn Reporter) -> Result<Self> {
        let folder = folder(&options.project);
        let server = options.metrics_address.map(MetricsServer::open).transpose()?;
        if let Some(address) = server.as_ref().and_then(MetricsServer::address) {
            reporter.info(format!("metrics are at http://{address}/metrics"));
        }
        let mut metrics = Metrics::default();
        let now = Timestamp::now().as_second() as f64;
        metrics.set("ingot_watch_start_time_seconds", "When the watch began.", &[], now);
        Ok(Self {
            options,
            reporter,
            log: RotatingLog::open(&folder.join("log.jsonl"))?,
            metrics,
            metrics_file: options.metrics_file.clone().unwrap_or_else(|| folder.join("metrics.prom")),
            server,
            entry: Entry::new(OpenEntry::begin(&options.project, &options.lake, "watch", true)?),
            is_failing: false,
            has_failed: false,
        })
    }

    /// Tells of a round.
    pub(super) fn tell(&mut self, round: &Round, state: &WatchState) {
        let (line, has_failed) = line(round);
        let mut data = facts(round);
        data["failed"] = has_failed.into();
        let level = Level::Info;
        let name = "WatchRound".to_owned();
        self.reporter.report(Event::Named { name, level, text: line, data: data.clone() });
        if let Err(error) = self.log.line(&data.to_string()) {
            self.reporter.warn(format!("the round is not in the log: {error}"));
        }
        self.count(round);
        self.show(state);
        self.has_failed |= has_failed;
        let mut notes = RunNotes::since(round.begun);
        for summary in round.delivered.iter().flat_map(|delivered| &delivered.summaries) {
            notes.add_load(summary);
        }
        if let Some(ran) = &round.ran {
            notes.add_run(&ran.summary);
        }
        // Tables that were only opened are not worth a word.
        notes.parts.retain(|part| part.kind != "table" || part.status != "ok" || part.rows != Some(0));
        self.entry.add(notes);
        let begins_to_fail = has_failed && !self.is_failing;
        self.is_failing = has_failed;
        if begins_to_fail || self.entry.clock.elapsed() >= ENTRY {
            self.record(has_failed, round.problem.as_ref().map(|problem| problem.message().to_owned()));
        }
    }

    /// Writes and serves the numbers as they are now.
    pub(super) fn show(&mut self, state: &WatchState) {
        let now = Timestamp::now().as_second() as f64;
        self.metrics.set("ingot_watch_updated_seconds", "When these numbers were written.", &[], now);
        let problem = f64::from(u8::from(state.problem.is_some()));
        self.metrics.set(
            "ingot_watch_problem",
            "Whether something keeps it from loading or running.",
            &[],
            problem,
        );
        let failed_nodes = state.failed_nodes.len() as f64;
        self.metrics.set("ingot_watch_failed_nodes", "Models and tests that failed last.", &[], failed_nodes);
        for (name, feed) in &state.feeds {
            let labels = [("feed", name.as_str())];
            let (waiting, failed) = (feed.waiting as f64, feed.failed.len() as f64);
            self.metrics.set(
                "ingot_watch_files_waiting",
                "Files that are not complete or not due.",
                &labels,
                waiting,
            );
            self.metrics.set("ingot_watch_files_failing", "Files that could not be loaded.", &labels, failed);
            if let Some(newest) = feed.newest_load.as_ref().and_then(|text| text.parse::<Timestamp>().ok()) {
                let newest = newest.as_second() as f64;
                self.metrics.set(
                    "ingot_watch_newest_load_seconds",
                    "When a file was loaded last.",
                    &labels,
                    newest,
                );
            }
        }
        if let Some(bytes) = resident_memory() {
            self.metrics.set("process_resident_memory_bytes", "Memory in use.", &[], bytes as f64);
        }
        if let Err(error) = self.metrics.write(&self.metrics_file) {
            self.reporter.warn(format!("the metrics are not written: {error}"));
        }
        if let Some(server) = &self.server {
            server.show(&self.metrics);
        }
    }

    /// Keeps what is not in the history of runs yet.
    pub(super) fn end(&mut self) {
        if !self.entry.parts.is_empty() {
            self.record(false, None);
        }
        let entry = std::mem::replace(&mut self.entry, Entry::new(None));
        self.end_entry(entry.open, "ok", entry.audit);
    }

    /// Adds the entry to the audit trail, if there was something to do. Gives its name then.
    fn end_entry(&self, open: Option<OpenEntry>, result: &str, notes: AuditNotes) -> Option<String> {
        open?.end(result, None, notes).unwrap_or_else(|error| {
            self.reporter.warn(format!("what was done is not in the audit trail: {error}"));
            None
        })
    }

    fn count(&mut self, round: &Round) {
        let metrics = &mut self.metrics;
        metrics.add("ingot_watch_rounds_total", "Loads and runs.", &[], 1.0);
        let took = round.clock.elapsed().as_secs_f64();
        metrics.add("ingot_watch_seconds_total", "Time that loads and runs took.", &[], took);
        if round.problem.is_some() {
            metrics.add("ingot_watch_problems_total", "Loads and runs that could not begin.", &[], 1.0);
        }
        for table in tables(round) {
            let labels = [("feed", table.table.as_str())];
            let loaded = table.count(ingot_bronze::FileStatus::Loaded) as f64;
            let (accepted, rejected) = (table.accepted() as f64, table.rejected() as f64);
            metrics.add("ingot_watch_files_loaded_total", "Files that were loaded.", &labels, loaded);
            metrics.add("ingot_watch_rows_accepted_total", "Rows that were loaded.", &labels, accepted);
            metrics.add("ingot_watch_rows_rejected_total", "Rows that were rejected.", &labels, rejected);
        }
        for (status, count) in round.ran.iter().flat_map(|ran| statuses(&ran.summary)) {
            metrics.add(
                "ingot_watch_nodes_total",
                "Models and tests that ran.",
                &[("status", status)],
                count as f64,
            );
        }
    }

    fn record(&mut self, has_failed: bool, error: Option<String>) {
        let entry = std::mem::replace(&mut self.entry, Entry::new(None));
        let result = if has_failed { "failed" } else { "ok" };
        let audit = self.end_entry(entry.open, result, entry.audit);
        match OpenEntry::begin(&self.options.project, &self.options.lake, "watch", true) {
            Ok(open) => self.entry.open = open,
            Err(error) => {
                self.reporter.warn(format!("what is done from now on is not in the audit trail: {error}"));
            }
        }
        if !self.options.lake.is_dir() {
            return;
        }
        let run = RunRecord {
            command: "watch".to_owned(),
            arguments: std::env::args().skip(1).collect(),
            started: entry.begun,
            seconds: entry.clock.elapsed().as_secs_f64(),
            result: result.to_owned(),
            error,
            parts: entry.parts.into_values().collect(),
            measures: entry.measures,
            audit,
        };
        if let Err(error) = record_run(&self.options.lake, &run) {
            self.reporter.warn(format!("the run is not in the history: {error}"));
        }
    }
}

fn tables(round: &Round) -> impl Iterator<Item = &ingot_bronze::TableSummary> {
    let summaries = round.delivered.iter().flat_map(|delivered| &delivered.summaries);
    summaries.flat_map(|summary| &summary.tables)
}

/// How many nodes ended how.
fn statuses(summary: &RunSummary) -> Vec<(&'static str, usize)> {
    let all = [Status::Success, Status::Pass, Status::Warn, Status::Fail, Status::Error, Status::Skipped];
    all.iter()
        .map(|status| (status.name(), summary.count_run(*status)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// A round in a line, and whether something failed in it.
fn line(round: &Round) -> (String, bool) {
    let mut parts: Vec<String> = Vec::new();
    for (name, files, rows, rejected) in loaded(round) {
        let mut part = format!("{name}: {}, {}", counted(files, "file"), counted(rows, "row"));
        if rejected > 0 {
            part.push_str(&format!(" ({} rejected)", thousands(rejected)));
        }
        parts.push(part);
    }
    let not_loaded = not_loaded(round).len();
    if not_loaded > 0 {
        parts.push(format!("{} not loaded", counted(not_loaded as u64, "file")));
    }
    let mut has_failed = not_loaded > 0 || round.problem.is_some();
    if let Some(ran) = round.ran.as_ref().filter(|ran| !ran.summary.results.is_empty()) {
        let count = |status| ran.summary.count_run(status) as u64;
        let (models, tests) = (count(Status::Success), count(Status::Pass) + count(Status::Warn));
        parts.push(format!("{models} built, {}", counted(tests, "test")));
        let bad = count(Status::Fail) + count(Status::Error) + count(Status::PartialSuccess);
        let others = [
            (bad, "failed"),
            (count(Status::Skipped), "skipped"),
            (ran.summary.unchanged() as u64, "unchanged"),
        ];
        for (number, word) in others {
            if number > 0 {
                parts.push(format!("{number} {word}"));
            }
        }
        has_failed |= ran.summary.exit_code() != 0 && !ran.summary.interrupted;
    }
    if round.problem.is_some() {
        parts.push("not done, and tried again".to_owned());
    }
    let took = seconds(round.clock.elapsed().as_secs_f64());
    (format!("{}  {}; {took}", round.begun.strftime("%H:%M:%SZ"), parts.join("; ")), has_failed)
}

/// By feed: files that were loaded, their accepted and their rejected rows.
fn loaded(round: &Round) -> Vec<(String, u64, u64, u64)> {
    let mut sums: BTreeMap<&str, (u64, u64, u64)> = BTreeMap::new();
    for table in tables(round) {
        let files = table.count(ingot_bronze::FileStatus::Loaded) as u64;
        let sum = sums.entry(&table.table).or_default();
        *sum = (sum.0 + files, sum.1 + table.accepted(), sum.2 + table.rejected());
    }
    let found = sums.into_iter().filter(|(_, (files, ..))| *files > 0);
    found.map(|(name, (files, rows, rejected))| (name.to_owned(), files, rows, rejected)).collect()
}

fn not_loaded(round: &Round) -> Vec<&str> {
    let files = round.delivered.iter().flat_map(|delivered| &delivered.files);
    let failed = files.filter(|(_, outcome)| *outcome != FileOutcome::Loaded);
    failed.map(|(arrival, _)| arrival.file.relative.as_str()).collect()
}

/// A round for programs: a line of the log. `loads` are the moments that rows have in `ingestion_ts`.
fn facts(round: &Round) -> Json {
    let feeds: serde_json::Map<String, Json> = loaded(round)
        .into_iter()
        .map(|(name, files, rows, rejected)| {
            (name, json!({"files": files, "rows": rows, "rejected": rejected}))
        })
        .collect();
    let loads: BTreeSet<String> = tables(round)
        .filter(|table| table.count(ingot_bronze::FileStatus::Loaded) > 0)
        .filter_map(|table| Timestamp::from_microsecond(table.newest_load?).ok())
        .map(|moment| moment.to_string())
        .collect();
    let nodes: serde_json::Map<String, Json> = round
        .ran
        .iter()
        .flat_map(|ran| statuses(&ran.summary))
        .map(|(status, count)| (status.to_owned(), count.into()))
        .collect();
    let mut not_loaded = not_loaded(round);
    not_loaded.truncate(20);
    json!({
        "begun": round.begun.to_string(), "ended": Timestamp::now().to_string(), "loads": loads, "feeds": feeds,
        "not_loaded": not_loaded, "nodes": nodes,
        "problem": round.problem.as_ref().map(|problem| problem.message()),
    })
}

/// Bytes of memory that this process uses, where the system says so.
fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
