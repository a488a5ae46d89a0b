//! How long a watch waits before it tries again what could not begin: a warehouse that somebody else has open, a disk that is
//! full.

use std::time::Duration;

/// The first wait, and the longest.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// The wait after an attempt that failed, and so many before it.
pub(super) fn wait_after(attempts: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << attempts.min(10)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_longer_each_time_up_to_a_limit() {
        let waits: Vec<u64> = [0, 1, 2, 7, 8, 100].map(|attempts| wait_after(attempts).as_secs()).into();
        assert_eq!(waits, [2, 4, 8, 256, 300, 300]);
    }
}
