//! Truncating, adding and counting in a time zone: the arithmetic behind `date_trunc`, `+`, `date_diff` and others.
//!
//! The rules are ICU's, which DuckDB follows, odd corners included: units of a day and more keep the
//! time on the wall, hours and less are stretches of real time.

use super::calendar::{
    Fields, date_of, day_of, days_in_month, in_range, is_finite, iso_week, iso_weekday, iso_year_start,
};
use super::date_part_names::DatePart;
use super::vectors::Interval;
use super::zone::{DAY, HOUR, Lookup, MINUTE, SECOND};

const MILLISECOND: i64 = 1000;

/// The start of the era, year, …, second that the instant lies in.
pub(crate) fn truncate(zone: &mut Lookup<'_>, part: DatePart, instant: i64) -> Result<i64, String> {
    let within = |zone: &mut Lookup<'_>, unit: i64| {
        // Below the hour the offset stays, so that an hour that comes twice is not left.
        let offset = zone.offset_at(instant);
        let local = instant.saturating_add(offset);
        local.div_euclid(unit).saturating_mul(unit).saturating_sub(offset)
    };
    let local = zone.local_at(instant);
    let midnight = |zone: &mut Lookup<'_>, day: i64| zone.instant_of(day.saturating_mul(DAY));
    Ok(match part {
        DatePart::Microseconds => instant,
        DatePart::Milliseconds => within(zone, MILLISECOND),
        DatePart::Second | DatePart::Epoch => within(zone, SECOND),
        DatePart::Minute => within(zone, MINUTE),
        DatePart::Hour => zone.instant_of(local.div_euclid(HOUR).saturating_mul(HOUR)),
        DatePart::Day
        | DatePart::DayOfWeek
        | DatePart::IsoDayOfWeek
        | DatePart::DayOfYear
        | DatePart::Julian => midnight(zone, local.div_euclid(DAY)),
        DatePart::Week | DatePart::YearWeek => {
            let day = local.div_euclid(DAY);
            midnight(zone, day - iso_weekday(day) + 1)
        }
        DatePart::IsoYear => midnight(zone, iso_year_start(iso_week(local.div_euclid(DAY)).0)),
        DatePart::Month => {
            let fields = Fields::of(local);
            midnight(zone, day_of(fields.year, fields.month, 1))
        }
        DatePart::Year => midnight(zone, day_of(Fields::of(local).year, 1, 1)),
        DatePart::Quarter => {
            // The month's start is found first and its fields are read again: where midnight is
            // skipped on that day, the later hour stays.
            let fields = Fields::of(local);
            let start = midnight(zone, day_of(fields.year, fields.month, 1));
            let fields = Fields::of(zone.local_at(start));
            let first = (fields.month - 1) / 3 * 3 + 1;
            rebuild(zone, fields.year, first, &fields)
        }
        DatePart::Decade => truncate_years(zone, local, 10),
        DatePart::Century => truncate_years(zone, local, 100),
        DatePart::Millennium => truncate_years(zone, local, 1000),
        DatePart::Era => {
            let start = midnight(zone, day_of(Fields::of(local).year, 1, 1));
            let fields = Fields::of(zone.local_at(start));
            rebuild(zone, 1 - fields.era(), fields.month, &fields)
        }
        DatePart::TimeZone | DatePart::TimeZoneHour | DatePart::TimeZoneMinute => {
            return Err("Specifier type not implemented for ICU DATETRUNC".to_string());
        }
    })
}

fn rebuild(zone: &mut Lookup<'_>, year: i64, month: i64, fields: &Fields) -> i64 {
    zone.instant_of(day_of(year, month, fields.day_of_month).saturating_mul(DAY).saturating_add(fields.time))
}

fn truncate_years(zone: &mut Lookup<'_>, local: i64, years: i64) -> i64 {
    let start = zone.instant_of(day_of(Fields::of(local).year, 1, 1).saturating_mul(DAY));
    let fields = Fields::of(zone.local_at(start));
    // Years are counted within their era, so BC years are truncated towards year 1.
    let year_of_era = fields.year_of_era() / years * years;
    let year = if fields.era() == 1 { year_of_era } else { 1 - year_of_era };
    rebuild(zone, year, fields.month, &fields)
}

/// `instant + interval`.
pub(crate) fn add(zone: &mut Lookup<'_>, instant: i64, interval: &Interval) -> Result<i64, String> {
    if !is_finite(instant) {
        return Ok(instant);
    }
    let overflow = || "ICU date overflows timestamp range".to_string();
    // Whole milliseconds go through the calendar, the rest is carried beside it.
    let mut rest = instant % MILLISECOND + interval.micros % MILLISECOND;
    let mut base = instant - instant % MILLISECOND;
    if rest >= MILLISECOND {
        rest -= MILLISECOND;
        base = base.checked_add(MILLISECOND).ok_or_else(overflow)?;
    } else if rest < 0 {
        rest += MILLISECOND;
        base = base.checked_sub(MILLISECOND).ok_or_else(overflow)?;
    }
    let time = interval.micros - interval.micros % MILLISECOND;
    let (months, days) = (i64::from(interval.months), i64::from(interval.days));
    let backwards = interval.months < 0 || interval.days < 0 || interval.micros < 0;
    if backwards {
        base = base.checked_add(time).ok_or_else(overflow)?;
    }
    base = add_months(zone, base, months).ok_or_else(overflow)?;
    base = add_days(zone, base, days).ok_or_else(overflow)?;
    if !backwards {
        base = base.checked_add(time).ok_or_else(overflow)?;
    }
    in_range(base.checked_add(rest).ok_or_else(overflow)?)
}

pub(crate) fn subtract(zone: &mut Lookup<'_>, instant: i64, interval: &Interval) -> Result<i64, String> {
    add(zone, instant, &negated(interval)?)
}

fn negated(interval: &Interval) -> Result<Interval, String> {
    let overflow = || "Interval value out of range".to_string();
    Ok(Interval {
        months: interval.months.checked_neg().ok_or_else(overflow)?,
        days: interval.days.checked_neg().ok_or_else(overflow)?,
        micros: interval.micros.checked_neg().ok_or_else(overflow)?,
    })
}

fn add_months(zone: &mut Lookup<'_>, instant: i64, months: i64) -> Option<i64> {
    if months == 0 {
        return Some(instant);
    }
    let local = Fields::of(zone.local_at(instant)).plus_months(months)?;
    Some(zone.instant_of(local))
}

/// Adds days of 24 hours, then sets the clock on the wall back to what it was, where that time exists.
fn add_days(zone: &mut Lookup<'_>, instant: i64, days: i64) -> Option<i64> {
    if days == 0 {
        return Some(instant);
    }
    let wall = |zone: &mut Lookup<'_>, instant: i64| zone.local_at(instant).rem_euclid(DAY);
    let before = zone.offset_at(instant);
    let wall_before = wall(zone, instant);
    let moved = instant.checked_add(days.checked_mul(DAY)?)?;
    if wall(zone, moved) == wall_before {
        return Some(moved);
    }
    let after = zone.offset_at(moved);
    // A shift of a whole day (a zone that crossed the date line) must not move the date.
    let adjustment = (before - after) % DAY;
    let adjusted = moved.checked_add(adjustment)?;
    if adjustment < 0 && wall(zone, adjusted) != wall_before { Some(moved) } else { Some(adjusted) }
}

fn add_iso_years(zone: &mut Lookup<'_>, instant: i64, years: i64) -> Option<i64> {
    if years == 0 {
        return Some(instant);
    }
    let local = zone.local_at(instant);
    let day = local.div_euclid(DAY);
    let (year, week) = iso_week(day);
    let moved = iso_year_start(year.checked_add(years)?) + (week - 1) * 7 + iso_weekday(day) - 1;
    Some(zone.instant_of(moved.checked_mul(DAY)?.checked_add(local.rem_euclid(DAY))?))
}

fn add_eras(zone: &mut Lookup<'_>, instant: i64, eras: i64) -> Option<i64> {
    let local = zone.local_at(instant);
    let fields = Fields::of(local);
    let era = (fields.era() + eras).clamp(0, 1);
    let year = if era == 1 { fields.year_of_era() } else { 1 - fields.year_of_era() };
    let day = day_of(year, fields.month, fields.day_of_month.min(days_in_month(year, fields.month)));
    Some(zone.instant_of(day.checked_mul(DAY)?.checked_add(fields.time)?))
}

/// How many whole units fit between two instants (`date_sub`); negative where the end comes first.
pub(crate) fn count(zone: &mut Lookup<'_>, part: DatePart, start: i64, end: i64) -> Result<i64, String> {
    let micros = || end.checked_sub(start).ok_or_else(|| "Timestamp difference is out of bounds".to_string());
    match part {
        DatePart::Microseconds => return micros(),
        DatePart::Milliseconds => return Ok(micros()? / MILLISECOND),
        DatePart::Second | DatePart::Epoch => return Ok(micros()? / SECOND),
        DatePart::Minute => return Ok(micros()? / MINUTE),
        _ => {}
    }
    // From here on ICU counts in milliseconds.
    let start = start.div_euclid(MILLISECOND).saturating_mul(MILLISECOND);
    let end = end / MILLISECOND * MILLISECOND;
    match part {
        DatePart::Hour => Ok(end.saturating_sub(start) / HOUR),
        DatePart::Day
        | DatePart::DayOfWeek
        | DatePart::IsoDayOfWeek
        | DatePart::DayOfYear
        | DatePart::Julian => fit(start, end, DAY, |n| add_days(zone, start, n)),
        DatePart::Week | DatePart::YearWeek => {
            fit(start, end, 7 * DAY, |n| add_days(zone, start, n.checked_mul(7)?))
        }
        DatePart::Month => count_months(zone, start, end),
        DatePart::Quarter => Ok(count_months(zone, start, end)? / 3),
        DatePart::Year => count_years(zone, start, end),
        DatePart::Decade => Ok(count_years(zone, start, end)? / 10),
        DatePart::Century => Ok(count_years(zone, start, end)? / 100),
        DatePart::Millennium => Ok(count_years(zone, start, end)? / 1000),
        DatePart::IsoYear => fit(start, end, 365 * DAY, |n| add_iso_years(zone, start, n)),
        DatePart::Era => {
            let era = |zone: &mut Lookup<'_>, instant| Fields::of(zone.local_at(instant)).era();
            let eras = era(zone, end) - era(zone, start);
            let reached = add_eras(zone, start, eras).unwrap_or(start);
            let fits = reached == end || if start < end { reached < end } else { reached > end };
            Ok(if fits { eras } else { eras + if start < end { -1 } else { 1 } })
        }
        _ => Err("Specifier type not implemented for ICU subtraction".to_string()),
    }
}

fn count_months(zone: &mut Lookup<'_>, start: i64, end: i64) -> Result<i64, String> {
    fit(start, end, 30 * DAY, |n| add_months(zone, start, n))
}

fn count_years(zone: &mut Lookup<'_>, start: i64, end: i64) -> Result<i64, String> {
    fit(start, end, 365 * DAY, |n| add_months(zone, start, n.checked_mul(12)?))
}

/// The largest count (away from zero) whose step from `start` does not pass `end`. `unit` is a rough length.
fn fit(start: i64, end: i64, unit: i64, mut step: impl FnMut(i64) -> Option<i64>) -> Result<i64, String> {
    let overflow = || "Unable to subtract calendar part".to_string();
    let sign = if end < start { -1 } else { 1 };
    let span = end.checked_sub(start).ok_or_else(overflow)?;
    let mut within = |count: i64| -> bool {
        count == 0
            || step(count).is_some_and(|reached| if sign > 0 { reached <= end } else { reached >= end })
    };
    let mut count = span / unit;
    // The guess is off by the difference between the rough length and the true one: halve it away.
    while !within(count) {
        count -= sign * (count.abs() / 64).max(1);
    }
    while within(count + sign) {
        count += sign;
    }
    Ok(count)
}

/// How many boundaries of the unit lie between two instants (`date_diff`).
pub(crate) fn boundaries(zone: &mut Lookup<'_>, part: DatePart, start: i64, end: i64) -> Result<i64, String> {
    let by = match part {
        DatePart::Era => {
            let era = |zone: &mut Lookup<'_>, instant| Fields::of(zone.local_at(instant)).era();
            return Ok(era(zone, end) - era(zone, start));
        }
        DatePart::Week => DatePart::Day,
        part => part,
    };
    let (start, end) = (truncate(zone, by, start)?, truncate(zone, by, end)?);
    count(zone, part, start, end)
}

/// `end - start`: days on the wall, and the rest as time.
pub(crate) fn difference(zone: &mut Lookup<'_>, end: i64, start: i64) -> Result<Interval, String> {
    if !is_finite(end) || !is_finite(start) {
        return Err("Cannot subtract infinite timestamps".to_string());
    }
    if start > end {
        return negated(&difference(zone, start, end)?);
    }
    let start_rest = start.rem_euclid(MILLISECOND);
    let mut end_base = end - end % MILLISECOND;
    let mut end_rest = end % MILLISECOND;
    // A negative rest is compared without its sign, as ICU's caller does.
    if end_rest >= 0 && start_rest > end_rest {
        end_base -= MILLISECOND;
        end_rest += MILLISECOND;
    }
    let start_base = start - start_rest;
    let days = fit(start_base, end_base, DAY, |n| add_days(zone, start_base, n))?;
    let reached = add_days(zone, start_base, days).unwrap_or(start_base);
    let days = i32::try_from(days).map_err(|_| "Timestamp difference is out of bounds".to_string())?;
    Ok(Interval { months: 0, days, micros: end_base - reached + end_rest - start_rest })
}

/// `age(end, start)`: years, months, days and time, as a person counts them.
pub(crate) fn age(zone: &mut Lookup<'_>, end: i64, start: i64) -> Result<Interval, String> {
    if !is_finite(end) || !is_finite(start) {
        return Err("Cannot subtract infinite timestamps".to_string());
    }
    let negative = start > end;
    let sign = if negative { -1 } else { 1 };
    let later = Fields::of(zone.local_at(end));
    let earlier = Fields::of(zone.local_at(start));
    let mut months = sign * ((later.year - earlier.year) * 12 + later.month - earlier.month);
    let mut days = sign * (later.day_of_month - earlier.day_of_month);
    let mut micros = sign * (later.time - earlier.time);
    while micros < 0 {
        micros += DAY;
        days -= 1;
    }
    let lender = if negative { later } else { earlier };
    while days < 0 {
        days += days_in_month(lender.year, lender.month);
        months -= 1;
    }
    let narrow =
        |value: i64| i32::try_from(sign * value).map_err(|_| "Interval value out of range".to_string());
    Ok(Interval { months: narrow(months)?, days: narrow(days)?, micros: sign * micros })
}

/// The last day of the month that the instant lies in.
pub(crate) fn last_day(zone: &mut Lookup<'_>, instant: i64) -> i64 {
    let (year, month, _) = date_of(zone.local_at(instant).div_euclid(DAY));
    day_of(year, month, days_in_month(year, month))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duckdb::time_zone::zone::Zone;

    fn micros(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
    }

    #[test]
    fn a_day_keeps_the_clock_and_24_hours_do_not() {
        let york = Zone::named("America/New_York").unwrap();
        let zone = &mut york.lookup();
        let start = micros("2023-03-11T17:00:00Z");
        let day = Interval { days: 1, ..Interval::default() };
        let hours = Interval { micros: 24 * HOUR, ..Interval::default() };
        assert_eq!(add(zone, start, &day), Ok(micros("2023-03-12T16:00:00Z")));
        assert_eq!(add(zone, start, &hours), Ok(micros("2023-03-12T17:00:00Z")));
    }

    #[test]
    fn counts_whole_units_in_both_directions() {
        let utc = Zone::utc();
        let zone = &mut utc.lookup();
        let (start, end) = (micros("1900-01-31T00:00:00Z"), micros("2023-02-28T00:00:00Z"));
        assert_eq!(count(zone, DatePart::Month, start, end), Ok(1477));
        assert_eq!(count(zone, DatePart::Month, end, start), Ok(-1476));
        assert_eq!(boundaries(zone, DatePart::Year, start, end), Ok(123));
    }
}
