//! Times without an offset from UTC, which show a clock at a place that the contract names.

use crate::check::parse::{self, Fault};
use ingot_contract::{LocalTime, UnclearTimes, time_zone};
use ingot_core::civil;
use ingot_core::error::{Error, Result};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

const SKIPPED: Fault = Fault {
    code: "LOCAL_TIME_SKIPPED",
    expected: "a time that the clocks of the contract's time zone showed: they were set forward over this one; \
               `unclearTimes: compatible` in the contract accepts it",
};
const REPEATED: Fault = Fault {
    code: "LOCAL_TIME_REPEATED",
    expected: "a time that the clocks of the contract's time zone showed once: they were set back, and showed this \
               one twice; `unclearTimes: earlier` or `later` in the contract accepts it",
};

/// The clocks of a time zone.
pub(crate) struct LocalClock {
    zone: TimeZone,
    /// In microseconds, if it never changes.
    fixed_offset: Option<i64>,
    unclear: UnclearTimes,
}

impl LocalClock {
    /// # Errors
    /// The time zone is not known.
    pub(super) fn new(form: &LocalTime) -> Result<Self> {
        let zone =
            time_zone(&form.zone).ok_or_else(|| Error::new(format!("'{}' is not a time zone", form.zone)))?;
        let fixed_offset = zone.to_fixed_offset().ok().map(microseconds);
        Ok(Self { zone, fixed_offset, unclear: form.unclear })
    }

    /// The moment (microseconds since 1970 in UTC) at which the clocks show this time (microseconds since 1970 on the
    /// clock).
    pub(crate) fn moment(&self, shown: i64) -> Result<i64, Fault> {
        if let Some(offset) = self.fixed_offset {
            return shown.checked_sub(offset).ok_or(parse::OUT_OF_RANGE);
        }
        let time = date_time(shown).ok_or(parse::OUT_OF_RANGE)?;
        // `before` and `after` are the offsets on both sides of a change. In a gap, the offset before it gives the later
        // moment.
        let offset = match (self.zone.to_ambiguous_timestamp(time).offset(), self.unclear) {
            (AmbiguousOffset::Unambiguous { offset }, _) => offset,
            (AmbiguousOffset::Gap { .. }, UnclearTimes::Reject) => return Err(SKIPPED),
            (AmbiguousOffset::Gap { after, .. }, UnclearTimes::Earlier) => after,
            (AmbiguousOffset::Gap { before, .. }, UnclearTimes::Later | UnclearTimes::Compatible) => before,
            (AmbiguousOffset::Fold { .. }, UnclearTimes::Reject) => return Err(REPEATED),
            (AmbiguousOffset::Fold { before, .. }, UnclearTimes::Earlier | UnclearTimes::Compatible) => {
                before
            }
            (AmbiguousOffset::Fold { after, .. }, UnclearTimes::Later) => after,
        };
        shown.checked_sub(microseconds(offset)).ok_or(parse::OUT_OF_RANGE)
    }
}

fn microseconds(offset: Offset) -> i64 {
    i64::from(offset.seconds()) * 1_000_000
}

fn date_time(microseconds: i64) -> Option<DateTime> {
    let (year, month, day) = civil::civil_from_days(microseconds.div_euclid(parse::MICROSECONDS_OF_A_DAY));
    let date =
        Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let of_day = microseconds.rem_euclid(parse::MICROSECONDS_OF_A_DAY);
    let seconds = of_day / 1_000_000;
    let part = |value: i64| i8::try_from(value).ok();
    let nanosecond = i32::try_from(of_day % 1_000_000 * 1000).ok()?;
    let time =
        Time::new(part(seconds / 3600)?, part(seconds / 60 % 60)?, part(seconds % 60)?, nanosecond).ok()?;
    Some(DateTime::from_parts(date, time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(zone: &str, unclear: UnclearTimes, text: &str) -> Result<i64, &'static str> {
        let clock = LocalClock::new(&LocalTime { zone: zone.to_owned(), unclear }).unwrap();
        clock.moment(parse::moment(text.as_bytes()).unwrap().microseconds).map_err(|fault| fault.code)
    }

    fn utc(text: &str) -> Result<i64, &'static str> {
        Ok(parse::moment(text.as_bytes()).unwrap().microseconds)
    }

    #[test]
    fn times_that_a_change_of_the_clocks_skips_or_repeats_follow_the_contract() {
        use UnclearTimes::{Compatible, Earlier, Later, Reject};
        let berlin = |unclear, text| moment("Europe/Berlin", unclear, text);
        assert_eq!(berlin(Reject, "2024-01-31T02:30:00"), utc("2024-01-31T01:30:00"));
        assert_eq!(berlin(Reject, "2024-07-01T02:30:00.25"), utc("2024-07-01T00:30:00.25"));
        let gap = "2024-03-31T02:30:00";
        assert_eq!(berlin(Reject, gap), Err("LOCAL_TIME_SKIPPED"));
        assert_eq!(berlin(Earlier, gap), utc("2024-03-31T00:30:00"));
        assert_eq!(berlin(Later, gap), utc("2024-03-31T01:30:00"));
        assert_eq!(berlin(Compatible, gap), utc("2024-03-31T01:30:00"));
        let fold = "2024-10-27T02:30:00";
        assert_eq!(berlin(Reject, fold), Err("LOCAL_TIME_REPEATED"));
        assert_eq!(berlin(Earlier, fold), utc("2024-10-27T00:30:00"));
        assert_eq!(berlin(Later, fold), utc("2024-10-27T01:30:00"));
        assert_eq!(berlin(Compatible, fold), utc("2024-10-27T00:30:00"));
        assert_eq!(moment("-03:30", Reject, gap), utc("2024-03-31T06:00:00"));
        assert_eq!(moment("UTC", Reject, "0001-01-01T00:00:00"), utc("0001-01-01T00:00:00"));
    }
}
