//! `ingot watch`: loads what has landed and runs what depends on it, until it is told to stop.
//!
//! `watcher` goes round: it waits for complete files (`ingot_landing`), has `delivery` load them, so that a file that spoils
//! its load does not keep the others from being loaded, and has `models` run what depends on the tables that got rows.
//! `journal` tells of each round in a line, a log, metrics and the history of runs; `state` is what the next start and
//! `ingot status --watch` (`shown`) know of it. `cycle_reporter` keeps what loads and runs have to say down to that.
//!
//! A kill loses nothing: what is loaded is in the Delta logs, and which versions the models have seen is in the state, so
//! that the next start runs what was not run.

mod cycle_reporter;
mod delivery;
mod journal;
mod models;
mod options;
mod patience;
mod shown;
mod state;
mod watcher;

pub use options::{Signals, WatchOptions};
pub use shown::{findings, json_of, tables};
pub use state::{FeedState, WatchState, state_of};
pub use watcher::watch;
