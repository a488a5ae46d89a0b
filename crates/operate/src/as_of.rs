//! A version of a table as a person writes it: its number, or a moment.

use ingot_core::error::{Error, Result};
use ingot_lake::{DeltaTable, VersionChanges};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use std::path::Path;
use std::str::FromStr;

/// Which version of a table is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    Version(u64),
    /// The newest version of this moment.
    Moment(Timestamp),
}

impl FromStr for AsOf {
    type Err = String;

    /// A number is a version. A moment without offset is in UTC, as all times of the lake are; a date is its beginning.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(version) = text.parse() {
            return Ok(Self::Version(version));
        }
        let in_utc = |at: DateTime| at.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
        let moment = text
            .parse::<Timestamp>()
            .ok()
            .or_else(|| text.parse::<DateTime>().ok().and_then(in_utc))
            .or_else(|| {
                text.parse::<Date>()
                    .ok()
                    .and_then(|day| in_utc(day.to_datetime(jiff::civil::Time::midnight())))
            });
        moment.map(Self::Moment).ok_or_else(|| {
            format!("'{text}' is neither a version nor a time such as 2026-11-28, 2026-11-28T06:00 or 2026-11-28T06:00:00Z")
        })
    }
}

impl AsOf {
    /// Opens the table at that version.
    ///
    /// # Errors
    /// The table has no such version, or did not exist at that moment.
    pub fn open(self, newest: &DeltaTable) -> Result<DeltaTable> {
        let version = match self {
            Self::Version(version) if version > newest.version() => {
                return Err(Error::new(format!(
                    "the table has no version {version}: the newest is {}",
                    newest.version()
                ))
                .at(newest.root())
                .hint("list its versions with `ingot lake history`"));
            }
            Self::Version(version) => version,
            Self::Moment(moment) => version_at(moment, &newest.changes()?, newest.root())?,
        };
        DeltaTable::open_at(newest.root(), version)
    }
}

fn version_at(moment: Timestamp, changes: &[VersionChanges], root: &Path) -> Result<u64> {
    // Clocks go back now and then; versions do not.
    let mut latest = i64::MIN;
    let mut found = None;
    for change in changes {
        latest = latest.max(change.commit.timestamp.unwrap_or(i64::MIN));
        if latest <= moment.as_millisecond() {
            found = Some(change.commit.version);
        }
    }
    found.ok_or_else(|| {
        let first = changes.first().and_then(|change| change.commit.timestamp);
        let since = first.and_then(|time| Timestamp::from_millisecond(time).ok());
        let since =
            since.map_or_else(String::new, |since| format!(": its oldest known version is of {since:.0}"));
        Error::new(format!("the table has no version of {moment}{since}")).at(root)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_moments() {
        let moment = |text: &str| AsOf::Moment(text.parse().unwrap());
        assert_eq!("7".parse(), Ok(AsOf::Version(7)));
        assert_eq!("2026-11-28".parse(), Ok(moment("2026-11-28T00:00:00Z")));
        assert_eq!("2026-11-28T06:30".parse(), Ok(moment("2026-11-28T06:30:00Z")));
        assert_eq!("2026-11-28T06:30:00+02:00".parse(), Ok(moment("2026-11-28T04:30:00Z")));
        assert!("yesterday".parse::<AsOf>().is_err());
        assert!("-1".parse::<AsOf>().is_err());
    }
}
