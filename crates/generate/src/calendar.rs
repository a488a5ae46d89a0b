//! Days, instants and time zones, in the plain numbers that generators count with.

use ingot_core::error::{Error, Result};
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Days since 1970-01-01.
pub(crate) type Day = i32;

pub(crate) const DAY_SECONDS: i64 = 86_400;

/// Year, month and day of the month.
#[inline]
pub(crate) fn civil(day: Day) -> (i32, u32, u32) {
    let (year, month, day_of_month) = ingot_core::civil::civil_from_days(i64::from(day));
    (year as i32, month, day_of_month)
}

#[inline]
pub(crate) fn from_civil(year: i32, month: u32, day_of_month: u32) -> Day {
    ingot_core::civil::days_from_civil(i64::from(year), month, day_of_month) as Day
}

/// Monday is 0.
#[inline]
pub(crate) fn weekday(day: Day) -> usize {
    ingot_core::civil::days_after_monday(i64::from(day)) as usize
}

/// `2023-01-31`.
pub(crate) fn iso(day: Day) -> String {
    let (year, month, day_of_month) = civil(day);
    format!("{year:04}-{month:02}-{day_of_month:02}")
}

/// `2023-01`.
pub(crate) fn iso_month(day: Day) -> String {
    let (year, month, _) = civil(day);
    format!("{year:04}-{month:02}")
}

pub(crate) fn first_of_month(day: Day) -> Day {
    let (year, month, _) = civil(day);
    from_civil(year, month, 1)
}

pub(crate) fn first_of_next_month(day: Day) -> Day {
    let (year, month, _) = civil(day);
    if month == 12 { from_civil(year + 1, 1, 1) } else { from_civil(year, month + 1, 1) }
}

/// How far into its year a day is, 0 to 1.
pub(crate) fn year_fraction(day: Day) -> f64 {
    let (year, _, _) = civil(day);
    f64::from(day - from_civil(year, 1, 1)) / 365.25
}

/// Reads `2023-01-31`.
pub(crate) fn parse(text: &str) -> Result<Day> {
    text.parse::<jiff::civil::Date>()
        .map(|date| from_civil(i32::from(date.year()), date.month() as u32, date.day() as u32))
        .map_err(|error| {
            Error::new(format!("'{text}' is not a valid date"))
                .hint("write it as 2023-01-31")
                .caused_by(error)
        })
}

/// The offsets of a time zone from 2000 to 2060: (the second from which an offset holds, seconds east of UTC).
pub(crate) struct Zone {
    changes: Vec<(i64, i32)>,
}

impl Zone {
    /// From the IANA database in the binary (<https://www.iana.org/time-zones>), never from the machine's, so that
    /// every machine agrees.
    ///
    /// # Errors
    /// There is no zone of that name.
    pub(crate) fn load(name: &str) -> Result<Self> {
        let unknown = |error| Error::new(format!("unknown time zone '{name}'")).caused_by(error);
        let zone: TimeZone = TimeZoneDatabase::bundled().get(name).map_err(unknown)?;
        let first = i64::from(from_civil(2000, 1, 1)) * DAY_SECONDS;
        let last = i64::from(from_civil(2060, 1, 1)) * DAY_SECONDS;
        let start = jiff::Timestamp::from_second(first).map_err(unknown)?;
        let mut changes = vec![(i64::MIN, zone.to_offset(start).seconds())];
        changes.extend(
            zone.following(start)
                .map(|change| (change.timestamp().as_second(), change.offset().seconds()))
                .take_while(|(second, _)| *second < last),
        );
        Ok(Self { changes })
    }

    /// Seconds east of UTC at an instant (seconds since 1970, UTC).
    #[inline]
    pub(crate) fn offset_at(&self, utc: i64) -> i32 {
        let after = self.changes.partition_point(|(second, _)| *second <= utc);
        self.changes[after - 1].1
    }

    /// The instant (seconds since 1970, UTC) at which a clock there shows `local` seconds since 1970. In the hour
    /// that a clock skips or repeats, an instant of that hour.
    #[inline]
    pub(crate) fn utc_of(&self, local: i64) -> i64 {
        let guess = local - i64::from(self.offset_at(local));
        local - i64::from(self.offset_at(guess))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_and_read_as_dates() {
        assert_eq!(iso(0), "1970-01-01");
        assert_eq!(iso(from_civil(2024, 2, 29)), "2024-02-29");
        assert_eq!(weekday(from_civil(2023, 1, 1)), 6);
        assert_eq!(parse("2023-01-31").unwrap(), from_civil(2023, 1, 31));
        assert!(parse("2023-02-30").is_err());
    }

    #[test]
    fn clocks_follow_daylight_saving() {
        let sydney = Zone::load("Australia/Sydney").unwrap();
        let noon = |year, month, day| i64::from(from_civil(year, month, day)) * DAY_SECONDS + 43_200;
        assert_eq!(sydney.offset_at(noon(2023, 1, 15)), 11 * 3600);
        assert_eq!(sydney.offset_at(noon(2023, 6, 15)), 10 * 3600);
        assert_eq!(sydney.utc_of(noon(2023, 6, 15)), noon(2023, 6, 15) - 10 * 3600);
        assert_eq!(Zone::load("Asia/Singapore").unwrap().offset_at(noon(2030, 1, 1)), 8 * 3600);
    }
}
