//! The raw folder: what has landed in it, and what of that is complete and due.

use super::arrivals::{Arrival, Arrivals};
use super::cadences::Cadences;
use super::notices::{Noticed, Notices};
use super::remote_folder::remote_file_system;
use ingot_contract::{Contract, Format, RawFile};
use ingot_core::error::{Context as _, Result};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often the folder is listed though the file system says what happens in it: notices can be lost.
const LISTED_ANYWAY: Duration = Duration::from_secs(30);
/// How often it is listed if the file system says nothing and no other time is asked for.
const POLLED: Duration = Duration::from_secs(2);
/// How long after a new folder was noticed the folder is listed: there may be more.
const NEW_FOLDER: Duration = Duration::from_millis(50);
/// Where folders come all the time, at most one part in so many of the time goes into listing.
const SHARE: u32 = 10;

/// Where files land, and when they are complete.
#[derive(Debug, Clone)]
pub struct InboxOptions {
    pub raw: PathBuf,
    /// For how long a file must not change that was not renamed into its place.
    pub quiet: Duration,
    /// List the folder this often instead of asking the file system for notices.
    pub poll: Option<Duration>,
}

/// The raw folder, watched.
pub struct Inbox {
    options: InboxOptions,
    contracts: Vec<Contract>,
    arrivals: Arrivals,
    notices: Notices,
    list_every: Duration,
    next_list: Instant,
    listing_took: Duration,
}

impl Inbox {
    /// Begins to watch the folder, which is made if it is not there, and lists what is in it. Gives what a person should know
    /// of how it is watched as well.
    ///
    /// # Errors
    /// The folder cannot be made or listed.
    pub fn open(options: InboxOptions, contracts: Vec<Contract>) -> Result<(Self, Option<String>)> {
        std::fs::create_dir_all(&options.raw).or_cannot_at("create the folder", &options.raw)?;
        let polled = options.poll.unwrap_or(POLLED);
        let why_polled = |why: String| {
            let note = format!(
                "{} is listed every {:.1} s, because {why}",
                options.raw.display(),
                polled.as_secs_f64()
            );
            (Notices::none(), polled, Some(note))
        };
        let (notices, list_every, note) = match options.poll {
            Some(every) => (Notices::none(), every, None),
            None => match remote_file_system(&options.raw) {
                Some(kind) => why_polled(format!("{kind} does not tell of files that others write")),
                None => match Notices::of(&options.raw) {
                    Ok(notices) => (notices, LISTED_ANYWAY, None),
                    Err(error) => why_polled(format!("the system does not watch it: {error}")),
                },
            },
        };
        let arrivals = Arrivals::new(options.quiet);
        let now = Instant::now();
        let listing_took = Duration::ZERO;
        let mut inbox =
            Self { options, contracts, arrivals, notices, list_every, next_list: now, listing_took };
        // Listed after it is watched, so that nothing falls between.
        inbox.list(now)?;
        Ok((inbox, note))
    }

    pub fn contracts(&self) -> &[Contract] {
        &self.contracts
    }

    /// Waits until something lands, at most so long, and looks at it. Gives what is wrong with the notices, if anything.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn wait(&mut self, longest: Duration) -> Result<Option<String>> {
        let now = Instant::now();
        let until_list = self.next_list.saturating_duration_since(now);
        let Noticed { renamed, touched, list, problem } = self.notices.wait(longest.min(until_list));
        let now = Instant::now();
        for (paths, is_renamed) in [(&renamed, true), (&touched, false)] {
            for path in paths {
                self.note(path, is_renamed, now);
            }
        }
        // A folder that was renamed into its place has files of which there is no notice.
        if list || renamed.iter().any(|path| path.is_dir()) {
            self.next_list = self.next_list.min(now + NEW_FOLDER.max(self.listing_took * SHARE));
        }
        if problem.is_some() {
            // Of some folders there are no notices any more.
            self.list_every = self.list_every.min(POLLED);
            self.next_list = self.next_list.min(now + POLLED);
        }
        if self.next_list <= now {
            self.list(now)?;
        }
        Ok(problem)
    }

    /// Takes complete files of feeds that are due, at most so many. A feed with nothing left has been taken for its period.
    pub fn take(&mut self, most: usize, cadences: &mut Cadences) -> Vec<Arrival> {
        let now = Timestamp::now();
        let taken = self.arrivals.take(Instant::now(), most, &|feed| cadences.is_due(feed, now));
        let untried = self.arrivals.untried();
        for feed in (0..self.contracts.len()).filter(|feed| !untried.contains(feed)) {
            // A feed that was never taken waits for its first file.
            if cadences.has_begun(feed) || taken.iter().any(|arrival| arrival.feed == feed) {
                cadences.taken(feed, now);
            }
        }
        taken
    }

    /// The file is loaded, or cannot be: it is not taken again unless it changes.
    pub fn done(&mut self, arrival: &Arrival) {
        self.arrivals.done(arrival);
    }

    /// The file is to be taken again later.
    pub fn postpone(&mut self, arrival: Arrival) {
        self.arrivals.postpone(arrival, Instant::now());
    }

    /// The file was not tried after all.
    pub fn give_back(&mut self, arrival: Arrival) {
        self.arrivals.give_back(arrival, Instant::now());
    }

    /// How many files of a feed wait: not complete yet, not due yet, or to be tried again.
    pub fn waiting(&self, feed: usize) -> usize {
        self.arrivals.count(feed)
    }

    /// Whether no files wait that are due and were not tried yet.
    pub fn is_empty(&self, cadences: &Cadences) -> bool {
        let now = Timestamp::now();
        !self.arrivals.untried().into_iter().any(|feed| cadences.is_due(feed, now))
    }

    fn list(&mut self, now: Instant) -> Result<()> {
        self.next_list = now + self.list_every;
        for (feed, contract) in self.contracts.iter().enumerate() {
            for file in contract.raw_files(&self.options.raw)? {
                self.arrivals.note(feed, contract.raw.format, file, false, now);
            }
        }
        self.listing_took = now.elapsed();
        Ok(())
    }

    /// A path is of a feed, of several (sheets of one workbook), or of none.
    fn note(&mut self, path: &Path, renamed: bool, now: Instant) {
        let Some(relative) = path.strip_prefix(&self.options.raw).ok().and_then(with_slashes) else { return };
        for (feed, contract) in self.contracts.iter().enumerate() {
            let Some(file) = file_of(contract, &self.options.raw, &relative) else { continue };
            if file.path.is_dir() == (contract.raw.format == Format::Delta) {
                self.arrivals.note(feed, contract.raw.format, file, renamed, now);
            }
        }
    }
}

/// The file of the feed that a path is, or is inside of: a Delta table is a folder.
fn file_of(contract: &Contract, raw: &Path, relative: &str) -> Option<RawFile> {
    let relative = match contract.raw.format {
        Format::Delta => {
            let depth = contract.raw.path.trim_end_matches('/').split('/').count();
            relative.split('/').take(depth).collect::<Vec<_>>().join("/")
        }
        _ => relative.to_owned(),
    };
    if relative.split('/').any(|name| name.starts_with(['.', '_'])) {
        return None;
    }
    let path_values = contract.path_values_in(&relative)?;
    Some(RawFile { path: raw.join(&relative), relative, path_values })
}

fn with_slashes(path: &Path) -> Option<String> {
    let names: Option<Vec<&str>> = path.components().map(|part| part.as_os_str().to_str()).collect();
    names.map(|names| names.join("/"))
}
