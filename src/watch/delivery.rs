//! One load of files that have landed. A file that spoils the load of its table, for instance because it breaks a rule on
//! the table as a whole, is found by halves, so that the others are loaded all the same.

use crate::upkeep::join_small_files;
use ingot_bronze::{FileStatus, LoadOptions, LoadSummary, TableSummary, has_table, load_files};
use ingot_contract::{Contract, RawFile};
use ingot_core::error::Result;
use ingot_core::report::Reporter;
use ingot_landing::Arrival;
use std::collections::{BTreeMap, HashMap};

/// Loads of parts of a table's files that may fail before the rest is left for later.
const MOST_FAILURES: usize = 64;
/// Failures that may be gone with the next attempt, though the file does not change.
const PASSING: [&str; 3] = ["NO_PERMISSION", "CANNOT_READ", "VANISHED"];

/// What a load came to.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    /// What each load of it did: several where a file was looked for.
    pub(super) summaries: Vec<LoadSummary>,
    /// How each file ended.
    pub(super) files: Vec<(Arrival, FileOutcome)>,
    /// The version of each table, after its small files were joined.
    pub(super) versions: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileOutcome {
    Loaded,
    /// It cannot be loaded as it is.
    Failed(String),
    /// Something else was in the way.
    Again(String),
}

/// Loads files, each of the contract at its place in `contracts`. With `all`, tables that are there are opened as well.
///
/// # Errors
/// What stops the whole load before it begins: nothing was loaded.
pub(super) fn deliver(
    contracts: &[Contract],
    arrivals: Vec<Arrival>,
    all: bool,
    options: &LoadOptions,
    reporter: &dyn Reporter,
) -> Result<Delivered> {
    let mut files: BTreeMap<usize, Vec<RawFile>> = BTreeMap::new();
    if all {
        let is_there = |feed: &usize| has_table(&options.lake, &contracts[*feed].name);
        files.extend((0..contracts.len()).filter(is_there).map(|feed| (feed, Vec::new())));
    }
    for arrival in &arrivals {
        files.entry(arrival.feed).or_default().push(arrival.file.clone());
    }
    let feeds = files.into_iter().map(|(feed, files)| (&contracts[feed], files)).collect();
    let first = load_files(feeds, options, reporter)?;
    let mut delivered = Delivered::default();
    let mut outcomes: HashMap<(usize, String), FileOutcome> = HashMap::new();
    for (feed, contract) in contracts.iter().enumerate() {
        let Some(table) = first.tables.iter().find(|table| table.table == contract.name) else { continue };
        let own: Vec<RawFile> =
            arrivals.iter().filter(|one| one.feed == feed).map(|one| one.file.clone()).collect();
        match &table.error {
            Some(why) if own.len() > 1 => {
                let mut search =
                    Search { contract, options, reporter, failures: 1, delivered: &mut delivered };
                for (file, outcome) in search.halves(&own, why) {
                    outcomes.insert((feed, file), outcome);
                }
            }
            _ => {
                for file in own {
                    let outcome = outcome_of(table, &file.relative);
                    outcomes.insert((feed, file.relative), outcome);
                }
            }
        }
    }
    delivered.summaries.insert(0, first);
    for summary in &delivered.summaries {
        let known = summary.tables.iter().filter_map(|table| Some((table.table.clone(), table.version?)));
        delivered.versions.extend(known);
    }
    for summary in &delivered.summaries {
        delivered.versions.extend(join_small_files(&options.lake, summary, reporter));
    }
    delivered.files = arrivals
        .into_iter()
        .map(|arrival| {
            let place = (arrival.feed, arrival.file.relative.clone());
            let outcome = outcomes.remove(&place).unwrap_or(FileOutcome::Loaded);
            (arrival, outcome)
        })
        .collect();
    Ok(delivered)
}

/// The search for files that spoil the load of their table.
struct Search<'s> {
    contract: &'s Contract,
    options: &'s LoadOptions,
    reporter: &'s dyn Reporter,
    failures: usize,
    delivered: &'s mut Delivered,
}

impl Search<'_> {
    /// The two halves of files that could not be loaded together, each by itself.
    fn halves(&mut self, files: &[RawFile], why: &str) -> Vec<(String, FileOutcome)> {
        let (one, other) = files.split_at(files.len() / 2);
        [one, other].into_iter().flat_map(|half| self.part(half, why)).collect()
    }

    fn part(&mut self, files: &[RawFile], why: &str) -> Vec<(String, FileOutcome)> {
        let all = |outcome: FileOutcome| {
            files.iter().map(|file| (file.relative.clone(), outcome.clone())).collect::<Vec<_>>()
        };
        if self.failures >= MOST_FAILURES {
            return all(FileOutcome::Again(why.to_owned()));
        }
        let summary = match load_files(vec![(self.contract, files.to_vec())], self.options, self.reporter) {
            Ok(summary) => summary,
            Err(error) => return all(FileOutcome::Again(error.message().to_owned())),
        };
        let Some(table) = summary.tables.first() else { return all(FileOutcome::Again(why.to_owned())) };
        let outcomes = match &table.error {
            Some(error) => {
                self.failures += 1;
                let error = error.clone();
                if files.len() > 1 { self.halves(files, &error) } else { all(FileOutcome::Again(error)) }
            }
            None => {
                let of = |file: &RawFile| (file.relative.clone(), outcome_of(table, &file.relative));
                files.iter().map(of).collect()
            }
        };
        self.delivered.summaries.push(summary);
        outcomes
    }
}

fn outcome_of(table: &TableSummary, file: &str) -> FileOutcome {
    if let Some(error) = &table.error {
        return FileOutcome::Again(error.clone());
    }
    // The files of a Delta table are its versions.
    let failed = |one: &&ingot_bronze::FileSummary| one.status == FileStatus::Failed;
    let found = table.files.iter().find(|one| one.path == file);
    match found.or_else(|| table.files.iter().find(failed)).filter(failed) {
        None => FileOutcome::Loaded,
        Some(failed) => {
            let why = failed.error.clone().unwrap_or_else(|| "it was not loaded".to_owned());
            let is_passing = PASSING.iter().any(|code| why.starts_with(code));
            if is_passing || table.followed { FileOutcome::Again(why) } else { FileOutcome::Failed(why) }
        }
    }
}
