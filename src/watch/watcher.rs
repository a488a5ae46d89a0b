//! Round and round: waits for complete files, loads them, runs what depends on them, and tells of it.

use super::cycle_reporter::CycleReporter;
use super::delivery::{FileOutcome, deliver};
use super::journal::{Journal, Round};
use super::models::Models;
use super::options::{Signals, WatchOptions};
use super::patience::wait_after;
use super::state::{FeedState, LOCK, WatchState, folder};
use ingot_bronze::LoadOptions;
use ingot_contract::Contract;
use ingot_core::error::{Error, Kind, Result};
use ingot_core::fs::{FolderLock, LockPurpose};
use ingot_core::report::Reporter;
use ingot_landing::{Cadences, Inbox, InboxOptions, ServiceState, tell_service_manager};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long it does not look whether it is to stop, at most.
const TICK: Duration = Duration::from_millis(200);
/// How often the state is written though nothing happens, so that others see that the watch is alive.
const ALIVE: Duration = Duration::from_secs(15);
/// Files of one load, at most: enough that ten thousand small ones are a few loads, and few enough to see progress.
const MOST_FILES: usize = 4000;

/// Attempts after which a watch that is to end when it is done ends undone.
const PATIENCE: u32 = 3;

const PURPOSE: LockPurpose = LockPurpose {
    file: LOCK,
    activity: "is watching this project",
    hint: "stop it first: one watch takes all feeds, or those that --table names",
    cannot_write: |folder, error| {
        Error::new("cannot write to the folder of the watch").at(folder).caused_by(error)
    },
};

/// Watches until it is told to stop, or with `until_idle` until nothing is left to do. Gives whether anything failed.
///
/// # Errors
/// What keeps it from beginning: broken contracts, an unknown feed, another watch of the project, a raw folder that cannot
/// be listed. What fails later is told, and tried again.
pub fn watch(options: &WatchOptions, signals: &Signals, reporter: &dyn Reporter) -> Result<bool> {
    let _lock = FolderLock::take(&folder(&options.project), &PURPOSE)?;
    let mut watcher = Watcher::open(options, reporter)?;
    tell_service_manager(ServiceState::Ready);
    while !signals.stop.is_set() {
        if signals.takes_reload() {
            watcher.reload();
        }
        let rest = watcher.rest();
        watcher.look(rest.min(TICK));
        if watcher.rest().is_zero() {
            let has_worked = watcher.round(signals)?;
            if options.until_idle && !has_worked && watcher.is_idle() {
                break;
            }
        }
        watcher.show_life();
    }
    tell_service_manager(ServiceState::Stopping);
    watcher.journal.end();
    watcher.write_state();
    Ok(watcher.journal.has_failed)
}

struct Watcher<'r> {
    options: &'r WatchOptions,
    reporter: CycleReporter<'r>,
    shown: &'r dyn Reporter,
    inbox: Inbox,
    cadences: Cadences,
    models: Models,
    journal: Journal<'r>,
    state: WatchState,
    /// Whether all tables are to be opened with the next load, and what killed loads left of them put right.
    first: bool,
    /// When the newest load began.
    begun: Option<Instant>,
    written: Instant,
    /// Whether the folder cannot be listed.
    is_blind: bool,
    /// Loads in a row that could not begin, and when the next one is tried.
    attempts: u32,
    not_before: Option<Instant>,
}

impl<'r> Watcher<'r> {
    fn open(options: &'r WatchOptions, reporter: &'r dyn Reporter) -> Result<Self> {
        let journal = Journal::open(options, reporter)?;
        let before = WatchState::before(&options.project);
        let contracts = contracts(options, reporter)?;
        let mut models = Models::read(options, &contracts)?;
        // Without the warehouse nothing of what was run is there. What failed is tried again.
        let has_run = before.failed_nodes.is_empty()
            && before.feeds.values().any(|feed| feed.built.is_some())
            && options.project.warehouse().is_file();
        if has_run {
            models.spare_what_was_run();
        }
        models.note_not_copied(before.not_copied.iter().cloned());
        let built = |name: &String| before.feeds.get(name).and_then(|feed| feed.built).filter(|_| has_run);
        let now = Timestamp::now();
        let state = WatchState {
            process: std::process::id(),
            started: format!("{now:.0}"),
            feeds: contracts
                .iter()
                .map(|one| (one.name.clone(), feed_state(one, built(&one.name))))
                .collect(),
            ..WatchState::default()
        };
        let periods = before.feeds.iter().filter_map(|(name, feed)| {
            Some((name.clone(), feed.period.as_ref()?.parse::<Timestamp>().ok()?))
        });
        let cadences = Cadences::new(&contracts, &periods.collect());
        let inbox = open_inbox(options, contracts, reporter)?;
        Ok(Self {
            options,
            reporter: CycleReporter::new(reporter),
            shown: reporter,
            inbox,
            cadences,
            models,
            journal,
            state,
            first: true,
            begun: None,
            written: Instant::now(),
            is_blind: false,
            attempts: 0,
            not_before: None,
        })
    }

    /// Reads contracts and models again, and looks at all files and runs all models once. What is broken is told, and what
    /// was read before stays.
    fn reload(&mut self) {
        tell_service_manager(ServiceState::Reloading);
        let read = || -> Result<_> {
            let contracts = contracts(self.options, self.shown)?;
            let mut models = Models::read(self.options, &contracts)?;
            models.note_not_copied(self.models.not_copied().iter().cloned());
            let cadences = Cadences::new(&contracts, &self.cadences.periods());
            let inbox = open_inbox(self.options, contracts, self.shown)?;
            Ok((inbox, cadences, models))
        };
        match read() {
            Ok((inbox, cadences, models)) => {
                let mut feeds = std::mem::take(&mut self.state.feeds);
                for contract in inbox.contracts() {
                    let before = feeds.remove(&contract.name).unwrap_or_default();
                    let now = feed_state(contract, before.built);
                    let feed = FeedState { frequency: now.frequency, failed: BTreeMap::new(), ..before };
                    self.state.feeds.insert(contract.name.clone(), feed);
                }
                (self.inbox, self.cadences, self.models, self.first) = (inbox, cadences, models, true);
                self.shown.info("contracts and models were read again".to_owned());
            }
            Err(error) => {
                self.shown.error(&error);
                self.shown.warn("contracts and models stay as they were read before".to_owned());
            }
        }
        tell_service_manager(ServiceState::Ready);
    }

    /// How long files are gathered until the next load begins.
    fn rest(&self) -> Duration {
        self.begun.map_or(Duration::ZERO, |begun| self.options.gather.saturating_sub(begun.elapsed()))
    }

    /// Waits for what lands.
    fn look(&mut self, longest: Duration) {
        let begun = Instant::now();
        match self.inbox.wait(longest) {
            Ok(None) => self.is_blind = false,
            Ok(Some(problem)) => {
                self.reporter.warn(format!("the system does not tell of all new files: {problem}"));
            }
            Err(error) => {
                // For instance a folder on another machine that is away. It is listed again.
                if !self.is_blind {
                    self.reporter.error(&error);
                }
                self.is_blind = true;
                std::thread::sleep(longest.saturating_sub(begun.elapsed()));
            }
        }
    }

    /// One load, and one run of the models. Gives whether there was anything to do.
    ///
    /// # Errors
    /// A defect of ingot.
    fn round(&mut self, signals: &Signals) -> Result<bool> {
        let may_load = self.not_before.is_none_or(|moment| Instant::now() >= moment);
        let arrivals = if may_load { self.inbox.take(MOST_FILES, &mut self.cadences) } else { Vec::new() };
        let loads = may_load && (self.first || !arrivals.is_empty());
        if !loads && !self.models.are_due() {
            return Ok(false);
        }
        let now = Instant::now();
        self.begun = Some(now);
        let mut round =
            Round { begun: Timestamp::now(), clock: now, delivered: None, ran: None, problem: None };
        if loads {
            let all = std::mem::take(&mut self.first);
            let options = self.load_options();
            match deliver(self.inbox.contracts(), arrivals.clone(), all, &options, &self.reporter) {
                Ok(delivered) => {
                    (self.attempts, self.not_before) = (0, None);
                    self.settle(&delivered);
                    round.delivered = Some(delivered);
                }
                Err(error) if *error.kind() == Kind::Defect => return Err(error),
                Err(error) => {
                    self.first = all;
                    arrivals.into_iter().for_each(|arrival| self.inbox.give_back(arrival));
                    self.not_before = Some(Instant::now() + wait_after(self.attempts));
                    self.attempts += 1;
                    self.reporter.error(&error);
                    round.problem = Some(error);
                }
            }
        }
        // What was loaded stays for the next start.
        if self.models.are_due() && !signals.stop.is_set() && round.problem.is_none() {
            match self.models.run(&signals.stop, &self.reporter) {
                Ok(ran) => {
                    if let Some(ran) = &ran {
                        self.note_run(ran);
                    }
                    round.ran = ran;
                }
                Err(error) => {
                    self.reporter.error(&error);
                    round.problem = Some(error);
                }
            }
        }
        self.state.problem = round.problem.as_ref().map(|problem| problem.message().to_owned());
        self.state.cycles += 1;
        self.write_state();
        if round.has_done_something() {
            self.journal.tell(&round, &self.state);
        }
        Ok(true)
    }

    fn load_options(&self) -> LoadOptions {
        let project = &self.options.project;
        LoadOptions {
            jobs: self.options.jobs,
            seal_folder: Some(project.target()),
            // A load that has begun is not interrupted: it ends with its commit.
            ..LoadOptions::new(
                self.options.raw.clone(),
                self.options.lake.clone(),
                project.warehouse(),
                project.schemas(),
            )
        }
    }

    /// Notes what became of the files, and which tables changed.
    fn settle(&mut self, delivered: &super::delivery::Delivered) {
        for (arrival, outcome) in &delivered.files {
            let name = self.inbox.contracts()[arrival.feed].name.clone();
            let feed = self.state.feeds.entry(name).or_default();
            match outcome {
                FileOutcome::Loaded => {
                    feed.failed.remove(&arrival.file.relative);
                    self.inbox.done(arrival);
                }
                FileOutcome::Failed(why) => {
                    feed.note_failed(&arrival.file.relative, why);
                    self.inbox.done(arrival);
                }
                FileOutcome::Again(why) => {
                    feed.note_failed(&arrival.file.relative, why);
                    self.inbox.postpone(arrival.clone());
                }
            }
        }
        for table in delivered.summaries.iter().flat_map(|summary| &summary.tables) {
            let feed = self.state.feeds.entry(table.table.clone()).or_default();
            feed.files += table.count(ingot_bronze::FileStatus::Loaded) as u64;
            feed.rows += table.accepted();
            feed.rejected += table.rejected();
            let newest = table.newest_load.and_then(|at| Timestamp::from_microsecond(at).ok());
            feed.newest_load = newest.map(|at| format!("{at:.0}")).or(feed.newest_load.take());
        }
        // A version that the models have not seen, whoever made it.
        for (table, version) in &delivered.versions {
            self.models.note_table(table);
            if self.state.feeds.get(table).and_then(|feed| feed.built) != Some(*version) {
                self.models.note_changed(table, *version);
            }
        }
    }

    fn note_run(&mut self, ran: &super::models::Ran) {
        for (table, version) in &ran.seen {
            if let Some(feed) = self.state.feeds.get_mut(table) {
                feed.built = Some(*version);
            }
        }
        let mut failed: BTreeSet<String> = self.state.failed_nodes.drain(..).collect();
        for result in &ran.summary.results {
            match result.status.is_bad() {
                true => failed.insert(result.unique_id.clone()),
                false => failed.remove(&result.unique_id),
            };
        }
        self.state.failed_nodes = failed.into_iter().collect();
    }

    fn is_idle(&self) -> bool {
        let is_done = self.inbox.is_empty(&self.cadences) && !self.first;
        let gives_up = self.attempts >= PATIENCE;
        gives_up || (is_done && self.models.wait_for_nothing(PATIENCE))
    }

    /// Others see by the state that the watch is alive.
    fn show_life(&mut self) {
        if self.written.elapsed() >= ALIVE {
            self.write_state();
            self.journal.show(&self.state);
        }
    }

    fn write_state(&mut self) {
        let now = Timestamp::now();
        let periods = self.cadences.periods();
        for (index, contract) in self.inbox.contracts().iter().enumerate() {
            let feed = self.state.feeds.entry(contract.name.clone()).or_default();
            feed.waiting = self.inbox.waiting(index) as u64;
            feed.period = periods.get(&contract.name).map(ToString::to_string);
            feed.next = self.cadences.next(index, now).map(|moment| moment.to_string());
        }
        self.state.not_copied = self.models.not_copied().iter().cloned().collect();
        self.state.updated = format!("{now:.0}");
        self.written = Instant::now();
        if let Err(error) = self.state.write(&self.options.project) {
            self.reporter.warn(format!("the state of the watch is not written: {error}"));
        }
        let problem = self.state.problem.as_deref().unwrap_or("watching");
        tell_service_manager(ServiceState::Status(problem));
    }
}

fn feed_state(contract: &Contract, built: Option<u64>) -> FeedState {
    FeedState { frequency: contract.frequency.words(), built, ..FeedState::default() }
}

fn open_inbox(options: &WatchOptions, contracts: Vec<Contract>, reporter: &dyn Reporter) -> Result<Inbox> {
    let inbox = InboxOptions { raw: options.raw.clone(), quiet: options.quiet, poll: options.poll };
    let (inbox, note) = Inbox::open(inbox, contracts)?;
    if let Some(note) = note {
        reporter.info(note);
    }
    Ok(inbox)
}

/// The contracts of the feeds that are watched.
///
/// # Errors
/// A contract is broken, or a feed is not there.
fn contracts(options: &WatchOptions, reporter: &dyn Reporter) -> Result<Vec<Contract>> {
    let load = LoadOptions {
        tables: options.tables.clone(),
        ..LoadOptions::new(
            options.raw.clone(),
            options.lake.clone(),
            options.project.warehouse(),
            options.project.schemas(),
        )
    };
    ingot_bronze::contracts_to_load(&load, reporter)
}
