//! Which rows of a table were restated between two moments, and the rows of raw files that changed them.
//!
//! Two versions of the table are compared. Each row that differs is then followed back to bronze, model by model, and of the
//! rows of bronze those are named that were loaded since the older version was written: late ones, corrected ones, and those
//! that had been rejected.

mod answer;
mod find;

pub use answer::{Restated, RestatedRow};
pub use find::{RestatedOptions, restated};
