//! Parts of Python's library that templates use, for hosts to mount under names of their choice:
//! [`module`] gives `datetime`, `pytz`, `re` and `itertools`.

mod calendar;
pub mod datetime;
pub mod decimal;
mod itertools;
mod library;
pub mod literal;
mod module;
mod pytz;
mod re;

pub use library::{NAMES, module};
