//! How often templates read the clock.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

static CLOCK_READS: AtomicU64 = AtomicU64::new(0);
thread_local! {
    static CLOCK_READS_HERE: Cell<u64> = const { Cell::new(0) };
}

/// How often templates have asked for the time (or the zone of this machine): in this thread, and in all.
/// Whoever keeps what a template gave must know whether it would give the same again.
pub fn clock_reads() -> (u64, u64) {
    (CLOCK_READS_HERE.get(), CLOCK_READS.load(Ordering::Relaxed))
}

/// Also for what gives something else each time.
pub(crate) fn note_clock_read() {
    CLOCK_READS_HERE.set(CLOCK_READS_HERE.get() + 1);
    CLOCK_READS.fetch_add(1, Ordering::Relaxed);
}
