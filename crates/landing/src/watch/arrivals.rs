//! Which files are complete, and which have been taken already.

use super::signature::Signature;
use ingot_contract::{Format, RawFile};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::xxh3_128;

/// The first wait before a file is tried again, and the longest.
const FIRST_WAIT: Duration = Duration::from_secs(15);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// A complete file that nobody has taken yet.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The place of its contract in the list that the inbox was given.
    pub feed: usize,
    pub file: RawFile,
    /// How often it was tried before.
    pub attempts: u32,
    /// As it was just before it was taken: if it changes while it is read, it is taken again.
    signature: Signature,
}

/// Files that have come and are not taken yet, and what was taken.
#[derive(Debug)]
pub(super) struct Arrivals {
    /// For how long a file must not change that was not renamed into its place.
    quiet: Duration,
    /// What was taken, by the hash of feed and path: two numbers for each file, however long its path.
    taken: HashMap<u128, Signature>,
    waiting: BTreeMap<(usize, String), Waiting>,
}

#[derive(Debug)]
struct Waiting {
    file: RawFile,
    signature: Signature,
    /// Since when it has been as it is, by our own clock.
    since: Instant,
    is_complete: bool,
    not_before: Option<Instant>,
    attempts: u32,
}

impl Arrivals {
    pub(super) fn new(quiet: Duration) -> Self {
        Self { quiet, taken: HashMap::new(), waiting: BTreeMap::new() }
    }

    /// A file is there, perhaps not for the first time. A file that was renamed into its place is complete, and so is a Delta
    /// table, which changes by whole commits.
    pub(super) fn note(&mut self, feed: usize, format: Format, file: RawFile, renamed: bool, now: Instant) {
        // A file that is gone again is none of ours.
        let Ok(signature) = Signature::of(&file.path) else { return };
        if self.taken.get(&key(feed, &file.relative)) == Some(&signature) {
            return;
        }
        let is_complete = renamed || format == Format::Delta;
        match self.waiting.get_mut(&(feed, file.relative.clone())) {
            Some(waiting) if waiting.signature == signature => waiting.is_complete |= is_complete,
            Some(waiting) => {
                *waiting = Waiting::new(file, signature, is_complete, now);
            }
            None => {
                let place = (feed, file.relative.clone());
                self.waiting.insert(place, Waiting::new(file, signature, is_complete, now));
            }
        }
    }

    /// Takes complete files of the feeds that are due, at most so many. They are looked at once more before that.
    pub(super) fn take(&mut self, now: Instant, most: usize, is_due: &dyn Fn(usize) -> bool) -> Vec<Arrival> {
        let mut found = Vec::new();
        let mut gone = Vec::new();
        for (place, waiting) in &mut self.waiting {
            if found.len() == most {
                break;
            }
            let is_settled = waiting.is_complete || now.duration_since(waiting.since) >= self.quiet;
            let is_held_back = waiting.not_before.is_some_and(|moment| now < moment);
            // What is tried again does not wait for the next day.
            let is_due = waiting.attempts > 0 || is_due(place.0);
            if !is_settled || is_held_back || !is_due {
                continue;
            }
            match Signature::of(&waiting.file.path) {
                Ok(signature) if signature == waiting.signature => {
                    let (file, attempts) = (waiting.file.clone(), waiting.attempts);
                    found.push(Arrival { feed: place.0, file, attempts, signature });
                    gone.push(place.clone());
                }
                Ok(signature) => {
                    (waiting.signature, waiting.since, waiting.is_complete) = (signature, now, false);
                }
                Err(_) => gone.push(place.clone()),
            }
        }
        for place in gone {
            self.waiting.remove(&place);
        }
        found
    }

    /// A file was loaded, or is one that cannot be: it is not taken again unless it changes.
    pub(super) fn done(&mut self, arrival: &Arrival) {
        self.taken.insert(key(arrival.feed, &arrival.file.relative), arrival.signature);
    }

    /// A file is to be taken again, later each time.
    pub(super) fn postpone(&mut self, arrival: Arrival, now: Instant) {
        let wait = FIRST_WAIT.saturating_mul(1 << arrival.attempts.min(12)).min(LONGEST_WAIT);
        let place = (arrival.feed, arrival.file.relative.clone());
        self.waiting.entry(place).or_insert(Waiting {
            attempts: arrival.attempts + 1,
            not_before: Some(now + wait),
            ..Waiting::new(arrival.file, arrival.signature, true, now)
        });
    }

    /// A file was not tried after all.
    pub(super) fn give_back(&mut self, arrival: Arrival, now: Instant) {
        let place = (arrival.feed, arrival.file.relative.clone());
        self.waiting.entry(place).or_insert(Waiting {
            attempts: arrival.attempts,
            ..Waiting::new(arrival.file, arrival.signature, true, now)
        });
    }

    /// How many files of a feed wait.
    pub(super) fn count(&self, feed: usize) -> usize {
        self.waiting.keys().filter(|(of, _)| *of == feed).count()
    }

    /// The feeds of which files wait that were not tried yet.
    pub(super) fn untried(&self) -> HashSet<usize> {
        let untried = self.waiting.iter().filter(|(_, waiting)| waiting.attempts == 0);
        untried.map(|((feed, _), _)| *feed).collect()
    }
}

impl Waiting {
    fn new(file: RawFile, signature: Signature, is_complete: bool, now: Instant) -> Self {
        Self { file, signature, since: now, is_complete, not_before: None, attempts: 0 }
    }
}

fn key(feed: usize, relative: &str) -> u128 {
    xxh3_128(format!("{feed}/{relative}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const QUIET: Duration = Duration::from_secs(2);

    fn file(folder: &Path, name: &str) -> RawFile {
        RawFile { relative: name.to_owned(), path: folder.join(name), path_values: Default::default() }
    }

    fn names(taken: &[Arrival]) -> Vec<&str> {
        taken.iter().map(|arrival| arrival.file.relative.as_str()).collect()
    }

    #[test]
    fn a_file_is_taken_when_it_was_renamed_or_has_been_quiet() {
        let folder = tempfile::tempdir().unwrap();
        let mut arrivals = Arrivals::new(QUIET);
        let begun = Instant::now();
        std::fs::write(folder.path().join("written"), "half").unwrap();
        std::fs::write(folder.path().join("renamed"), "whole").unwrap();
        arrivals.note(0, Format::Csv, file(folder.path(), "written"), false, begun);
        arrivals.note(0, Format::Csv, file(folder.path(), "renamed"), true, begun);
        assert_eq!(names(&arrivals.take(begun, 10, &|_| true)), ["renamed"]);
        std::fs::write(folder.path().join("written"), "half and more").unwrap();
        let later = begun + QUIET;
        assert!(arrivals.take(later, 10, &|_| true).is_empty(), "it has changed since, unnoticed");
        assert!(arrivals.take(later + QUIET / 2, 10, &|_| true).is_empty());
        assert_eq!(names(&arrivals.take(later + QUIET, 10, &|_| true)), ["written"]);
    }

    #[test]
    fn a_file_is_taken_once_and_again_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let mut arrivals = Arrivals::new(QUIET);
        let now = Instant::now();
        std::fs::write(folder.path().join("a"), "1").unwrap();
        for changed in ["1", "1 and 2"] {
            std::fs::write(folder.path().join("a"), changed).unwrap();
            arrivals.note(0, Format::Csv, file(folder.path(), "a"), true, now);
            let taken = arrivals.take(now, 10, &|_| true);
            assert_eq!(names(&taken), ["a"]);
            arrivals.done(&taken[0]);
            arrivals.note(0, Format::Csv, file(folder.path(), "a"), true, now);
            assert!(arrivals.take(now, 10, &|_| true).is_empty());
        }
    }

    #[test]
    fn a_file_that_could_not_be_loaded_waits_longer_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let mut arrivals = Arrivals::new(QUIET);
        let mut now = Instant::now();
        std::fs::write(folder.path().join("a"), "1").unwrap();
        arrivals.note(0, Format::Csv, file(folder.path(), "a"), true, now);
        for wait in [15, 30, 60] {
            let taken = arrivals.take(now, 10, &|_| true).remove(0);
            arrivals.postpone(taken, now);
            now += Duration::from_secs(wait - 1);
            assert!(arrivals.take(now, 10, &|_| true).is_empty());
            assert!(arrivals.untried().is_empty());
            now += Duration::from_secs(1);
        }
        std::fs::write(folder.path().join("a"), "1, corrected").unwrap();
        arrivals.note(0, Format::Csv, file(folder.path(), "a"), true, now);
        assert_eq!(arrivals.take(now, 10, &|_| true)[0].attempts, 0, "a new delivery is tried at once");
    }

    #[test]
    fn feeds_that_are_not_due_wait_and_files_that_are_gone_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut arrivals = Arrivals::new(QUIET);
        let now = Instant::now();
        for (feed, name) in [(0, "a"), (0, "b"), (1, "c")] {
            std::fs::write(folder.path().join(name), name).unwrap();
            arrivals.note(feed, Format::Csv, file(folder.path(), name), true, now);
        }
        std::fs::remove_file(folder.path().join("b")).unwrap();
        assert_eq!(names(&arrivals.take(now, 10, &|feed| feed == 0)), ["a"]);
        assert_eq!((arrivals.count(0), arrivals.count(1)), (0, 1));
        assert_eq!(arrivals.untried(), HashSet::from([1]));
    }
}
