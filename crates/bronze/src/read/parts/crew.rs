//! How many threads of a run are at work.

use ingot_lake::SpareThreads;
use std::iter::from_fn;
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the threads that are at work, so that those who have nothing to do can help with a big file.
pub struct Crew {
    most: usize,
    at_work: AtomicUsize,
}

/// A thread at work, until this is dropped.
pub struct AtWork<'c>(&'c Crew);

impl Crew {
    /// `most`: threads that may be at work at a time.
    pub fn new(most: usize) -> Self {
        Self { most, at_work: AtomicUsize::new(0) }
    }

    /// A thread begins with work of its own.
    pub fn begin(&self) -> AtWork<'_> {
        self.at_work.fetch_add(1, Ordering::Relaxed);
        AtWork(self)
    }

    /// A place for a thread that helps another; `None` if as many are at work as may be.
    pub(crate) fn helper(&self) -> Option<AtWork<'_>> {
        let more = |at_work| (at_work < self.most).then_some(at_work + 1);
        self.at_work.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| AtWork(self))
    }

    /// Whether another thread may help.
    pub(crate) fn has_room(&self) -> bool {
        self.at_work.load(Ordering::Relaxed) < self.most
    }

    /// Whether more are at work than may be: a helper should go, because others have begun with work of their own.
    pub(crate) fn is_overbooked(&self) -> bool {
        self.at_work.load(Ordering::Relaxed) > self.most
    }
}

/// Parquet is encoded by threads that have no rows to read.
impl SpareThreads for Crew {
    fn take(&self, most: usize) -> usize {
        // Each place is given back by `give_back`.
        from_fn(|| self.helper().map(mem::forget)).take(most).count()
    }

    fn give_back(&self, taken: usize) {
        self.at_work.fetch_sub(taken, Ordering::Relaxed);
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helpers_are_what_others_leave_free() {
        let crew = Crew::new(2);
        let first = crew.begin();
        let helper = crew.helper().unwrap();
        assert!(crew.helper().is_none());
        let second = crew.begin();
        assert!(crew.is_overbooked());
        drop((first, helper));
        assert!(!crew.is_overbooked() && crew.helper().is_some());
        assert_eq!(crew.take(5), 1);
        assert!(!crew.has_room());
        crew.give_back(1);
        assert!(crew.has_room());
        drop(second);
    }
}
