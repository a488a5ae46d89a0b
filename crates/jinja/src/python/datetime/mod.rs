//! Python's `datetime`: `datetime`, `date`, `timedelta`, `timezone`.
//! <https://docs.python.org/3/library/datetime.html>

mod clock;
mod date;
mod delta;
mod module;
mod moment;
mod types;
mod zone;

pub use clock::clock_reads;
pub(super) use module::module;
pub(super) use types::zone;
pub use types::{date, naive, utc};
