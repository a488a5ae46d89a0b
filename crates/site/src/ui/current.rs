//! The pages as they are now: made again in the background when a run has left something new.

use crate::pages::Site;
use ingot_core::error::Result;
use ingot_core::sync::{lock, read, write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant, SystemTime};

/// How often is looked whether there is something new.
const PACE: Duration = Duration::from_secs(1);

/// Makes the pages.
pub(super) type MakeSite = Box<dyn Fn() -> Result<Site> + Send + Sync>;

pub(super) struct Current {
    make: MakeSite,
    site: RwLock<Arc<Site>>,
    /// Folders and files whose time tells that there is something new.
    watched: Vec<PathBuf>,
    seen: Mutex<(Instant, u64)>,
    number: RwLock<u64>,
}

impl Current {
    /// # Errors
    /// The pages cannot be made.
    pub(super) fn new(make: MakeSite, watched: Vec<PathBuf>) -> Result<Self> {
        let stamp = stamp(&watched);
        let site = RwLock::new(Arc::new(make()?));
        let seen = Mutex::new((Instant::now(), stamp));
        Ok(Self { make, site, watched, seen, number: RwLock::new(1) })
    }

    pub(super) fn site(&self) -> Arc<Site> {
        read(&self.site).clone()
    }

    /// Counts up each time that the pages are made again.
    pub(super) fn number(&self) -> u64 {
        *read(&self.number)
    }

    /// Makes the pages again if there is something new. Who asks for a page gets the old one until then.
    pub(super) fn renew(&self) {
        let now = {
            let mut seen = lock(&self.seen);
            if seen.0.elapsed() < PACE {
                return;
            }
            let now = stamp(&self.watched);
            seen.0 = Instant::now();
            if now == seen.1 {
                return;
            }
            now
        };
        // A project that is being edited may not be readable: the pages stay as they were.
        if let Ok(site) = (self.make)() {
            *write(&self.site) = Arc::new(site);
            *write(&self.number) += 1;
        }
        lock(&self.seen).1 = now;
    }
}

/// A number that changes when one of these, or what is directly in them, is written.
fn stamp(watched: &[PathBuf]) -> u64 {
    let time = |path: &Path| {
        let written =
            std::fs::metadata(path).and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        written.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos()
    };
    let mut sum = 0_u64;
    for path in watched {
        let inside = std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
        for path in std::iter::once(path.clone()).chain(inside) {
            let low = u64::try_from(time(&path) & u128::from(u64::MAX)).unwrap_or_default();
            sum = sum.wrapping_mul(31).wrapping_add(low);
        }
    }
    sum
}
