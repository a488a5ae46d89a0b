//! What to watch, how often to load, and what may stop it.

use ingot_core::interrupt::Interrupt;
use ingot_core::project::Project;
use ingot_models::RunOptions;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The settings of a watch.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    pub project: Project,
    pub raw: PathBuf,
    pub lake: PathBuf,
    /// Feeds to watch; all if empty.
    pub tables: Vec<String>,
    /// The shortest time between the beginnings of two loads.
    pub gather: Duration,
    /// For how long a file must not change that was not renamed into its place.
    pub quiet: Duration,
    /// List the raw folder this often instead of asking the file system for notices.
    pub poll: Option<Duration>,
    /// Threads of a load; one for each core if 0.
    pub jobs: usize,
    /// How models are run; `None`: they are not.
    pub models: Option<RunOptions>,
    /// How often models are copied to the lake, at most.
    pub copies_every: Duration,
    /// Ends when nothing is left to load.
    pub until_idle: bool,
    /// Where the metrics are written; `None`: beside the state.
    pub metrics_file: Option<PathBuf>,
    /// Where they are served.
    pub metrics_address: Option<SocketAddr>,
}

/// What others ask of a watch while it runs.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    /// It is to end after the commit in hand.
    pub stop: Interrupt,
    reload: Arc<AtomicBool>,
}

impl Signals {
    /// Contracts and models are to be read again.
    pub fn ask_to_reload(&self) {
        self.reload.store(true, Ordering::SeqCst);
    }

    /// Whether that was asked for since the last time.
    pub(super) fn takes_reload(&self) -> bool {
        self.reload.swap(false, Ordering::SeqCst)
    }
}
