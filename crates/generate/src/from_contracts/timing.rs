//! How time runs in a feed: how many of its rows each day has, and when on the day each of them happens. Both are
//! functions of seed, feed and day, whatever window is generated, so that windows join.

use super::chance::Chance;
use super::hints::TimeHints;
use crate::calendar::{DAY_SECONDS, Day, weekday};
use std::ops::Range;

/// How much happens in each hour, from midnight, unless the contract says otherwise: quiet nights, busy evenings.
const HOURS: [f64; 24] = [
    1.0, 0.6, 0.4, 0.3, 0.3, 0.6, 1.5, 3.0, 5.0, 6.0, 6.5, 6.5, 7.0, 6.5, 6.0, 6.0, 6.5, 7.0, 7.5, 7.5, 6.5,
    5.0, 3.5, 2.0,
];
/// On each day of the week, from Monday.
const WEEKDAYS: [f64; 7] = [1.0, 0.95, 0.95, 1.0, 1.1, 1.15, 0.85];
/// How far a day's rows are from those of a usual day, at most.
const NOISE: f64 = 0.15;

/// Rows by day. Rows are numbered from 0 on the first day of the first window.
#[derive(Debug, Clone)]
pub(crate) struct Timing {
    origin: Day,
    /// The number of the first row of each day, and the number after the last one.
    starts: Vec<u64>,
    /// The share of a day that is over at the beginning of each hour, and 1.
    hours: Vec<f64>,
}

impl Timing {
    /// `rate` is in rows a day; `label` tells the feed from others.
    pub(crate) fn new(seed: u64, label: u64, window: Range<Day>, rate: f64, hints: &TimeHints) -> Self {
        let weights = hints.weekdays.as_deref().unwrap_or(&WEEKDAYS);
        let mean = weights.iter().sum::<f64>() / 7.0;
        let mut total = 0.0;
        let mut starts = vec![0];
        for day in window.clone() {
            let noise = 1.0 + NOISE * (2.0 * Chance::of_cell(seed, label, day as u64).unit() - 1.0);
            total += rate * weights[weekday(day)] / mean * noise;
            starts.push(total as u64);
        }
        Self { origin: window.start, starts, hours: shares(hints.hours.as_deref().unwrap_or(&HOURS)) }
    }

    /// The same days with so many rows for each of its rows.
    pub(crate) fn times(&self, count: u64) -> Self {
        let starts = self.starts.iter().map(|start| start * count).collect();
        Self { starts, ..self.clone() }
    }

    pub(crate) fn origin(&self) -> Day {
        self.origin
    }

    /// All rows until the end of the last window.
    pub(crate) fn rows(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }

    /// The rows of these days.
    pub(crate) fn rows_of(&self, days: Range<Day>) -> Range<u64> {
        let at = |day: Day| {
            let place = usize::try_from(day - self.origin).unwrap_or(0).min(self.starts.len() - 1);
            self.starts[place]
        };
        at(days.start)..at(days.end)
    }

    /// The day of a row; that of the last row for numbers beyond it.
    pub(crate) fn day_of(&self, row: u64) -> Day {
        let after = self.starts.partition_point(|start| *start <= row);
        self.origin + (after.clamp(1, self.starts.len() - 1) - 1) as Day
    }

    /// Which row of its day it is, from 0.
    pub(crate) fn place_in_day(&self, row: u64) -> u64 {
        row - self.rows_of(self.day_of(row)..self.day_of(row) + 1).start.min(row)
    }

    /// When the row happens, in microseconds since 1970: later rows of a day happen later, no two at once.
    pub(crate) fn moment_of(&self, row: u64) -> i64 {
        let day = self.day_of(row);
        let rows = self.rows_of(day..day + 1);
        let count = (rows.end - rows.start).max(1);
        let share = ((row - rows.start.min(row)) as f64 + 0.5) / count as f64;
        let hour = self.hours.partition_point(|over| *over <= share).clamp(1, 24) - 1;
        let within = (share - self.hours[hour]) / (self.hours[hour + 1] - self.hours[hour]).max(1e-12);
        let micros = (hour as f64 + within.clamp(0.0, 0.999_999)) * 3.6e9;
        // Whole seconds as long as rows are far enough apart.
        let unit = if count < 2_000 { 1_000_000 } else { 1 };
        (i64::from(day) * DAY_SECONDS * 1_000_000) + (micros as i64) / unit * unit
    }
}

fn shares(weights: &[f64]) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    let mut over = 0.0;
    let mut shares = vec![0.0];
    for weight in weights {
        over += weight / total;
        shares.push(over);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn windows_join_and_moments_differ() {
        let hints = TimeHints::default();
        let long = Timing::new(1, 2, 100..130, 50.0, &hints);
        let short = Timing::new(1, 2, 100..110, 50.0, &hints);
        assert_eq!(long.rows_of(100..110), short.rows_of(100..110));
        assert!((1300..1700).contains(&long.rows()), "{}", long.rows());
        let moments: BTreeSet<i64> = (0..long.rows()).map(|row| long.moment_of(row)).collect();
        assert_eq!(moments.len() as u64, long.rows());
        for row in 0..long.rows() {
            assert!(long.rows_of(long.day_of(row)..long.day_of(row) + 1).contains(&row));
            let second = long.moment_of(row).div_euclid(1_000_000);
            assert_eq!(second.div_euclid(DAY_SECONDS), i64::from(long.day_of(row)));
        }
    }

    #[test]
    fn hours_and_weekdays_are_as_the_contract_says() {
        let mut hours = vec![0.0; 24];
        hours[9] = 1.0;
        let weekdays = vec![1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0];
        let hints = TimeHints { hours: Some(hours), weekdays: Some(weekdays), ..TimeHints::default() };
        // 1970-01-05 is a Monday.
        let timing = Timing::new(1, 2, 4..11, 50.0, &hints);
        assert!(timing.rows_of(9..11).is_empty());
        for row in 0..timing.rows() {
            assert_eq!(timing.moment_of(row).rem_euclid(86_400_000_000) / 3_600_000_000, 9);
        }
    }
}
