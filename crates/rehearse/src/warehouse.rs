//! The warehouse of the copy after a run, as it is read: what is asked of it are hundreds of small queries, so each is the
//! work of one thread, and there are as many sessions as cores.

use crate::scratch::Scratch;
use ingot_core::error::Result;
use ingot_core::sync::lock;
use ingot_engine::duckdb::DuckDbOptions;
use ingot_engine::{Engine, EngineOptions, Session};
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;

pub(crate) struct Warehouse(Box<dyn Engine>);

impl Warehouse {
    /// `None` if the project has no models, or no run has written a warehouse.
    ///
    /// # Errors
    /// The profile cannot be read, or the warehouse cannot be opened.
    pub(crate) fn open(scratch: &Scratch) -> Result<Option<Self>> {
        let Some(file) = scratch.warehouse()? else { return Ok(None) };
        let options = DuckDbOptions { read_only: true, threads: Some(1), ..DuckDbOptions::new(file) };
        Ok(Some(Self(EngineOptions::DuckDb(options).open()?)))
    }

    pub(crate) fn session(&self) -> Result<Box<dyn Session>> {
        self.0.session()
    }

    /// Does this work for each of the items, in any order and several at a time. The results have the order of the items.
    ///
    /// # Errors
    /// A session cannot be opened.
    pub(crate) fn for_each<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&mut dyn Session, &T) -> R + Sync,
    ) -> Result<Vec<R>> {
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(items.len())));
        let worker = || -> Result<()> {
            let mut session = self.0.session()?;
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(place) else { return Ok(()) };
                let result = work(session.as_mut(), item);
                lock(&done).push((place, result));
            }
        };
        std::thread::scope(|scope| {
            let workers: Vec<ScopedJoinHandle<'_, Result<()>>> =
                (0..cores().min(items.len())).map(|_| scope.spawn(worker)).collect();
            workers
                .into_iter()
                .try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })?;
        let mut done = std::mem::take(&mut *lock(&done));
        done.sort_by_key(|(place, _)| *place);
        Ok(done.into_iter().map(|(_, result)| result).collect())
    }
}

/// The cores of this machine.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, NonZero::get)
}
