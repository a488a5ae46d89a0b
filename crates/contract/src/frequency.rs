//! How often a feed is taken: `slaProperties` with the property `frequency`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// How often new files of a feed are loaded while `ingot watch` runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Frequency {
    /// Whenever something is there.
    #[default]
    AsItLands,
    /// Once in each period of so many units. Periods are those of the calendar in UTC: days begin at midnight, weeks on
    /// Monday, months on their first day.
    Every(u32, FrequencyUnit),
}

/// What periods are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrequencyUnit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
}

impl Frequency {
    /// The beginning of the period that a moment is in; `None` if there are no periods.
    pub fn period(self, at: Timestamp) -> Option<Timestamp> {
        self.period_and_next(at).map(|(begun, _)| begun)
    }

    /// When the next period begins.
    pub fn next_period(self, at: Timestamp) -> Option<Timestamp> {
        self.period_and_next(at).map(|(_, next)| next)
    }

    /// As a person writes it: `as it lands`, `every minute`, `every 2 weeks`.
    pub fn words(self) -> String {
        let Self::Every(count, unit) = self else { return "as it lands".to_owned() };
        let word = unit.word();
        if count == 1 { format!("every {word}") } else { format!("every {count} {word}s") }
    }

    fn period_and_next(self, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let Self::Every(count, unit) = self else { return None };
        let count = i64::from(count.max(1));
        let seconds = |length: i64| {
            let begun = at.as_second().div_euclid(length) * length;
            Some((Timestamp::from_second(begun).ok()?, Timestamp::from_second(begun + length).ok()?))
        };
        match unit {
            FrequencyUnit::Minute => seconds(60 * count),
            FrequencyUnit::Hour => seconds(3600 * count),
            FrequencyUnit::Day => seconds(86_400 * count),
            FrequencyUnit::Week => {
                // 1 January 1970 was a Thursday, three days after the first Monday that is counted from.
                const OFFSET: i64 = 3 * 86_400;
                let length = 7 * 86_400 * count;
                let begun = (at.as_second() + OFFSET).div_euclid(length) * length - OFFSET;
                Some((Timestamp::from_second(begun).ok()?, Timestamp::from_second(begun + length).ok()?))
            }
            FrequencyUnit::Month => {
                let date = TimeZone::UTC.to_datetime(at).date();
                let months = i64::from(date.year()) * 12 + i64::from(date.month()) - 1;
                let begun = months.div_euclid(count) * count;
                Some((first_of(begun)?, first_of(begun + count)?))
            }
        }
    }
}

/// Midnight of the first day of a month, which is counted from the year 0.
fn first_of(months: i64) -> Option<Timestamp> {
    let year = i16::try_from(months.div_euclid(12)).ok()?;
    let month = i8::try_from(months.rem_euclid(12) + 1).ok()?;
    let day = Date::new(year, month, 1).ok()?;
    TimeZone::UTC.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()
}

impl FrequencyUnit {
    fn word(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn period(frequency: Frequency, text: &str) -> (String, String) {
        let (begun, next) = (frequency.period(at(text)), frequency.next_period(at(text)));
        (begun.unwrap().to_string(), next.unwrap().to_string())
    }

    #[test]
    fn periods_are_those_of_the_calendar() {
        let moment = "2026-11-29T07:16:22.5Z";
        let cases = [
            (1, FrequencyUnit::Minute, "2026-11-29T07:16:00Z", "2026-11-29T07:17:00Z"),
            (5, FrequencyUnit::Minute, "2026-11-29T07:15:00Z", "2026-11-29T07:20:00Z"),
            (1, FrequencyUnit::Hour, "2026-11-29T07:00:00Z", "2026-11-29T08:00:00Z"),
            (1, FrequencyUnit::Day, "2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z"),
            // 29 November 2026 is a Sunday.
            (1, FrequencyUnit::Week, "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
            (1, FrequencyUnit::Month, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            (3, FrequencyUnit::Month, "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ];
        for (count, unit, begun, next) in cases {
            let found = period(Frequency::Every(count, unit), moment);
            assert_eq!(found, (begun.to_owned(), next.to_owned()), "{count} {unit:?}");
        }
        let december = period(Frequency::Every(1, FrequencyUnit::Month), "2026-12-31T23:59:59Z");
        assert_eq!(december.1, "2027-01-01T00:00:00Z");
        assert_eq!(Frequency::AsItLands.period(at(moment)), None);
    }

    #[test]
    fn a_period_begins_with_its_first_moment() {
        let week = Frequency::Every(1, FrequencyUnit::Week);
        assert_eq!(period(week, "2026-11-30T00:00:00Z").0, "2026-11-30T00:00:00Z");
        assert_eq!(period(week, "2026-11-29T23:59:59.999Z").0, "2026-11-23T00:00:00Z");
    }

    #[test]
    fn it_reads_as_a_person_writes_it() {
        assert_eq!(Frequency::AsItLands.words(), "as it lands");
        assert_eq!(Frequency::Every(1, FrequencyUnit::Day).words(), "every day");
        assert_eq!(Frequency::Every(2, FrequencyUnit::Week).words(), "every 2 weeks");
    }
}
