//! Python's `datetime`: `datetime`, `date`, `time`, `timedelta`, `timezone`.
//! <https://docs.python.org/3/library/datetime.html>

mod clock;
mod date;
mod delta;
mod module;
mod moment;
mod time;
mod types;
mod zone;

pub use clock::clock_reads;
pub(crate) use clock::note_clock_read;
pub(super) use module::module;
pub(super) use types::zone;
pub use types::{date, naive, utc};
