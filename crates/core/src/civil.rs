//! Dates as days since 1970-01-01, in the proleptic Gregorian calendar: the arithmetic that every row with a
//! date goes through, so it is plain integers and no date type.
//!
//! The algorithms are Howard Hinnant's, <https://howardhinnant.github.io/date_algorithms.html>. They count
//! years from March, so that the leap day is the last day of a year, and eras of 400 years, which all have
//! the same number of days.

/// Names in English, from January.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Names in English, from Monday.
pub const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Days from 0000-03-01, where the first era begins, to 1970-01-01.
const DAYS_TO_1970: i64 = 719_468;
const DAYS_OF_AN_ERA: i64 = 146_097;

/// Days since 1970-01-01 of a date. Year 0 is 1 BC; `month` is 1 to 12. Dates must be valid: a day that the
/// month does not have gives a day of the next month or a wrong one.
#[inline]
pub const fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = ((153 * month_from_march + 2) / 5 + day - 1) as i64;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_OF_AN_ERA + day_of_era - DAYS_TO_1970
}

/// Year (0 is 1 BC), month (1 to 12) and day of the month (1 to 31) of a day since 1970-01-01.
#[inline]
pub const fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let shifted = days + DAYS_TO_1970;
    let era = shifted.div_euclid(DAYS_OF_AN_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_OF_AN_ERA) as u32;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era as i64 + era * 400 + (month <= 2) as i64;
    (year, month, day)
}

/// Whether February has 29 days in this year.
#[inline]
pub const fn is_leap_year(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// 28 to 31; `month` is 1 to 12.
#[inline]
pub const fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The day of the week of a day since 1970-01-01: 0 is Monday, 6 is Sunday.
#[inline]
pub const fn days_after_monday(days: i64) -> u32 {
    // 1970-01-01 was a Thursday.
    (days + 3).rem_euclid(7) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_jiff_on_every_day_that_jiff_knows() {
        let mut date = jiff::civil::Date::MIN;
        let mut days = days_from_civil(-9999, 1, 1);
        loop {
            let (year, month, day) = (i64::from(date.year()), date.month() as u32, date.day() as u32);
            assert_eq!(civil_from_days(days), (year, month, day));
            assert_eq!(days_from_civil(year, month, day), days);
            assert_eq!(is_leap_year(year), date.in_leap_year());
            assert_eq!(days_in_month(year, month), date.days_in_month() as u32);
            assert_eq!(days_after_monday(days), date.weekday().to_monday_zero_offset() as u32);
            days += 1;
            match date.tomorrow() {
                Ok(next) => date = next,
                Err(_) => break,
            }
        }
        assert_eq!(civil_from_days(0), (1970, 1, 1));
        assert_eq!(date, jiff::civil::Date::MAX);
    }

    #[test]
    fn days_and_dates_agree_as_far_as_a_timestamp_reaches() {
        // Microseconds since 1970 in 64 bits reach 106,751,991 days in either direction.
        for days in (-107_000_000..107_000_000).step_by(97) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
            assert!((1..=days_in_month(year, month)).contains(&day), "{year}-{month}-{day}");
        }
    }
}
