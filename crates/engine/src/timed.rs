//! How long the engine works during a run: the rest of the run's wall time is ingot's own.

use crate::{Dialect, Engine, Rows, Session};
use ingot_core::error::{Error, Result};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Measures the time during which at least one piece of work is under way, however many run at once.
#[derive(Default)]
pub struct BusyClock(Mutex<State>);

#[derive(Default)]
struct State {
    under_way: usize,
    since: Option<Instant>,
    total: Duration,
}

impl BusyClock {
    fn change(&self, change: impl FnOnce(&mut State, Instant)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
    }

    /// Does a piece of work.
    pub fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        self.change(|state, now| {
            state.under_way += 1;
            state.since.get_or_insert(now);
        });
        let _end = End(self);
        work()
    }

    /// The time so far, without the pieces that are still under way.
    pub fn total(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).total
    }
}

/// Ends a piece of work, also one that panics.
struct End<'a>(&'a BusyClock);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.change(|state, now| {
            state.under_way -= 1;
            if state.under_way == 0
                && let Some(since) = state.since.take()
            {
                state.total += now.duration_since(since);
            }
        });
    }
}

/// The clocks of one engine.
#[derive(Default)]
pub struct EngineTimes {
    /// At least one statement was running.
    pub statements: BusyClock,
    /// The database was being opened, or closed (when what is new is written to its file).
    pub opening_and_closing: BusyClock,
}

impl EngineTimes {
    /// Opens an engine whose work is timed.
    ///
    /// # Errors
    /// Those of `open`.
    pub fn open(self: &Arc<Self>, open: impl FnOnce() -> Result<Box<dyn Engine>>) -> Result<Box<dyn Engine>> {
        let engine = self.opening_and_closing.during(open)?;
        let dialect = engine.dialect();
        Ok(Box::new(Timed { engine: Some(engine), dialect, times: self.clone() }))
    }
}

struct Timed {
    /// `None` only while it is dropped.
    engine: Option<Box<dyn Engine>>,
    dialect: Dialect,
    times: Arc<EngineTimes>,
}

impl Engine for Timed {
    fn session(&self) -> Result<Box<dyn Session>> {
        let Some(engine) = &self.engine else { return Err(Error::new("the database is closed")) };
        let session = self.times.opening_and_closing.during(|| engine.session())?;
        Ok(Box::new(TimedSession { session, times: self.times.clone() }))
    }
    fn dialect(&self) -> Dialect {
        self.dialect
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        self.times.opening_and_closing.during(|| drop(self.engine.take()));
    }
}

struct TimedSession {
    session: Box<dyn Session>,
    times: Arc<EngineTimes>,
}

impl Session for TimedSession {
    fn dialect(&self) -> Dialect {
        self.session.dialect()
    }
    fn execute(&mut self, sql: &str) -> Result<u64> {
        self.times.statements.during(|| self.session.execute(sql))
    }
    fn query(&mut self, sql: &str) -> Result<Rows> {
        self.times.statements.during(|| self.session.query(sql))
    }
    fn interrupter(&self) -> Box<dyn Fn() + Send + Sync> {
        self.session.interrupter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECE: Duration = Duration::from_millis(60);

    #[test]
    fn what_runs_side_by_side_counts_once_and_pauses_do_not_count() {
        let (clock, start) = (BusyClock::default(), Instant::now());
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| clock.during(|| std::thread::sleep(PIECE)));
            }
        });
        let side_by_side = start.elapsed();
        assert!(clock.total() >= PIECE && clock.total() <= side_by_side);
        let before = clock.total();
        std::thread::sleep(PIECE);
        assert_eq!(clock.total(), before);
        clock.during(|| std::thread::sleep(PIECE));
        assert!(clock.total() >= before + PIECE);
        assert!(clock.total() <= start.elapsed() - PIECE);
    }

    #[test]
    fn a_piece_that_panics_ends_too() {
        let clock = BusyClock::default();
        let panics = std::panic::AssertUnwindSafe(|| clock.during(|| panic!("on purpose")));
        assert!(std::panic::catch_unwind(panics).is_err());
        let before = clock.total();
        std::thread::sleep(PIECE);
        clock.during(|| {});
        assert!(clock.total() < before + PIECE);
    }
}
