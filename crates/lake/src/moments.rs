//! Moments as Delta logs write them.

use std::time::{Duration, SystemTime};

/// The moment so many hours ago, or 1970 if that was before it.
pub(crate) fn hours_ago(hours: f64) -> SystemTime {
    SystemTime::now()
        .checked_sub(Duration::try_from_secs_f64(hours * 3600.0).unwrap_or(Duration::MAX))
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Since 1970.
pub(crate) fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
