//! Back from accidents, one table at a time.
//!
//! `reload` reads again the raw files of which data files are damaged or gone; `undo` takes a delivery back, `expire` all that is old. Both end in one
//! commit. `expected_rows` says what the log promises and what intact data files have; `filter_rows` writes a data file
//! again without some of its rows. `manifest` writes a lost manifest again from the logs.

mod expected_rows;
mod expire;
mod filter_rows;
mod manifest;
mod reload;
mod undo;

pub use expire::{Expired, expire};
pub use manifest::restore_manifest;
pub use reload::{ReloadTerms, Reloaded, reload};
pub use undo::{Undone, undo};
