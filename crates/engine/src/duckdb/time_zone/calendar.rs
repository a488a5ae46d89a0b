//! Fields of a local time in microseconds, and back; the arithmetic of dates is [`ingot_core::civil`].

use super::zone::{DAY, HOUR, MINUTE, SECOND};
use ingot_core::civil;

/// DuckDB's infinities; they are not times and go through everything unchanged.
pub(crate) const INFINITY: i64 = i64::MAX;
pub(crate) const MINUS_INFINITY: i64 = -i64::MAX;

/// The first day whose midnight 64 bits of microseconds can hold.
const FIRST_DAY: i64 = -106_751_991;

pub(crate) fn is_finite(time: i64) -> bool {
    time != INFINITY && time != MINUS_INFINITY
}

/// The time, unless it lies outside what a timestamp can be.
pub(crate) fn in_range(time: i64) -> Result<i64, String> {
    if is_finite(time) && time.div_euclid(DAY) >= FIRST_DAY && time != i64::MIN {
        Ok(time)
    } else {
        Err("ICU date overflows timestamp range".to_string())
    }
}

/// Year (0 is 1 BC), month 1 to 12, day of the month, of a day since 1970-01-01.
pub(crate) fn date_of(day: i64) -> (i64, i64, i64) {
    let (year, month, day_of_month) = civil::civil_from_days(day);
    (year, i64::from(month), i64::from(day_of_month))
}

/// The day since 1970-01-01. A month outside 1 to 12 moves the year; a day that the month does not have is
/// counted on from its first.
pub(crate) fn day_of(year: i64, month: i64, day_of_month: i64) -> i64 {
    let (year, month) = (year + (month - 1).div_euclid(12), (month - 1).rem_euclid(12) + 1);
    civil::days_from_civil(year, month as u32, 1) + day_of_month - 1
}

/// 28 to 31; `month` is 1 to 12.
pub(crate) fn days_in_month(year: i64, month: i64) -> i64 {
    i64::from(civil::days_in_month(year, month as u32))
}

/// Monday is 1, Sunday is 7.
pub(crate) fn iso_weekday(day: i64) -> i64 {
    i64::from(civil::days_after_monday(day)) + 1
}

/// The ISO year and week of a day.
pub(crate) fn iso_week(day: i64) -> (i64, i64) {
    // A week belongs to the year of its Thursday.
    let thursday = day - iso_weekday(day) + 4;
    let (year, _, _) = date_of(thursday);
    (year, (thursday - day_of(year, 1, 1)) / 7 + 1)
}

/// The Monday of the first week of an ISO year.
pub(crate) fn iso_year_start(year: i64) -> i64 {
    let fourth = day_of(year, 1, 4);
    fourth - iso_weekday(fourth) + 1
}

/// Fields of a local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fields {
    /// Days since 1970-01-01.
    pub(crate) day: i64,
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day_of_month: i64,
    /// Since midnight.
    pub(crate) time: i64,
}

impl Fields {
    pub(crate) fn of(local: i64) -> Self {
        let day = local.div_euclid(DAY);
        let (year, month, day_of_month) = date_of(day);
        Self { day, year, month, day_of_month, time: local.rem_euclid(DAY) }
    }

    /// The local time at an instant, also where it would not fit into 64 bits.
    pub(crate) fn at(instant: i64, offset: i64) -> Self {
        let time = instant.rem_euclid(DAY) + offset;
        let day = instant.div_euclid(DAY) + time.div_euclid(DAY);
        let (year, month, day_of_month) = date_of(day);
        Self { day, year, month, day_of_month, time: time.rem_euclid(DAY) }
    }

    pub(crate) fn hour(&self) -> i64 {
        self.time / HOUR
    }
    pub(crate) fn minute(&self) -> i64 {
        self.time / MINUTE % 60
    }
    pub(crate) fn second(&self) -> i64 {
        self.time / SECOND % 60
    }
    pub(crate) fn microsecond(&self) -> i64 {
        self.time % SECOND
    }
    pub(crate) fn day_of_year(&self) -> i64 {
        self.day - day_of(self.year, 1, 1) + 1
    }
    /// The year counted within its era, so never below 1.
    pub(crate) fn year_of_era(&self) -> i64 {
        if self.year > 0 { self.year } else { 1 - self.year }
    }
    /// 1 for AD, 0 for BC.
    pub(crate) fn era(&self) -> i64 {
        i64::from(self.year > 0)
    }

    /// The same time of day some months later; a day that the month lacks becomes its last.
    pub(crate) fn plus_months(&self, months: i64) -> Option<i64> {
        let index = (self.year * 12 + self.month - 1).checked_add(months)?;
        let (year, month) = (index.div_euclid(12), index.rem_euclid(12) + 1);
        let day = day_of(year, month, self.day_of_month.min(days_in_month(year, month)));
        day.checked_mul(DAY)?.checked_add(self.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_days_may_overflow() {
        assert_eq!(day_of(2000, 14, 1), day_of(2001, 2, 1));
        assert_eq!(day_of(2001, -1, 31), day_of(2000, 12, 1));
        assert_eq!(day_of(2001, 2, 31), day_of(2001, 3, 3));
    }

    #[test]
    fn iso_weeks_at_the_turn_of_the_year() {
        assert_eq!(iso_week(day_of(2021, 1, 3)), (2020, 53));
        assert_eq!(iso_week(day_of(2021, 1, 4)), (2021, 1));
        assert_eq!(iso_year_start(2020), day_of(2019, 12, 30));
    }

    #[test]
    fn months_end_where_the_month_ends() {
        let fields = Fields::of(day_of(2023, 1, 31) * DAY + 5);
        assert_eq!(fields.plus_months(1), Some(day_of(2023, 2, 28) * DAY + 5));
        assert_eq!(fields.plus_months(-11), Some(day_of(2022, 2, 28) * DAY + 5));
    }
}
