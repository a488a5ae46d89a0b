//! The parts of a date by name: which words DuckDB knows.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DatePart {
    Era,
    Millennium,
    Century,
    Decade,
    Year,
    IsoYear,
    Quarter,
    Month,
    Week,
    YearWeek,
    Day,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    Julian,
    Hour,
    Minute,
    Second,
    Epoch,
    Milliseconds,
    Microseconds,
    TimeZone,
    TimeZoneHour,
    TimeZoneMinute,
}

impl DatePart {
    /// In any case; an error where DuckDB gives one.
    pub(crate) fn named(name: &[u8]) -> Result<Self, String> {
        let mut lower = [0_u8; 16];
        let known = lower.get_mut(..name.len()).and_then(|lower| {
            lower.copy_from_slice(name);
            lower.make_ascii_lowercase();
            Self::of_lower(std::str::from_utf8(lower).ok()?)
        });
        known.ok_or_else(|| format!("extract specifier \"{}\" not recognized", String::from_utf8_lossy(name)))
    }

    /// An error for what is not a length of time and so can be neither truncated to nor counted in.
    pub(crate) fn has_length(self) -> Result<(), String> {
        match self {
            Self::TimeZone | Self::TimeZoneHour | Self::TimeZoneMinute => {
                Err("a time zone is not a length of time: it can be neither truncated to nor counted in"
                    .into())
            }
            _ => Ok(()),
        }
    }

    fn of_lower(name: &str) -> Option<Self> {
        Some(match name {
            "era" => Self::Era,
            "millennium" | "mil" | "millenniums" | "millennia" | "mils" | "millenium" => Self::Millennium,
            "century" | "cent" | "centuries" | "c" => Self::Century,
            "decade" | "dec" | "decades" | "decs" => Self::Decade,
            "year" | "yr" | "y" | "years" | "yrs" => Self::Year,
            "isoyear" => Self::IsoYear,
            "quarter" | "quarters" => Self::Quarter,
            "month" | "mon" | "months" | "mons" => Self::Month,
            "week" | "weeks" | "w" | "weekofyear" => Self::Week,
            "yearweek" => Self::YearWeek,
            "day" | "days" | "d" | "dayofmonth" => Self::Day,
            "dow" | "dayofweek" | "weekday" => Self::DayOfWeek,
            "isodow" => Self::IsoDayOfWeek,
            "doy" | "dayofyear" => Self::DayOfYear,
            "julian" | "jd" => Self::Julian,
            "hour" | "hr" | "hours" | "hrs" | "h" => Self::Hour,
            "minute" | "min" | "minutes" | "mins" | "m" => Self::Minute,
            "second" | "sec" | "seconds" | "secs" | "s" => Self::Second,
            "epoch" => Self::Epoch,
            "milliseconds" | "millisecond" | "ms" | "msec" | "msecs" | "msecond" | "mseconds" => {
                Self::Milliseconds
            }
            "microseconds" | "microsecond" | "us" | "usec" | "usecs" | "usecond" | "useconds" => {
                Self::Microseconds
            }
            "timezone" => Self::TimeZone,
            "timezone_hour" => Self::TimeZoneHour,
            "timezone_minute" => Self::TimeZoneMinute,
            _ => return None,
        })
    }
}
