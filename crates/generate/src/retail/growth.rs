//! How the numbers of customers, products and stores grow over the years, and how often each is chosen.

use crate::calendar::{Day, from_civil};
use crate::random::{hash, unit};

/// The number a feed has at scale 1 is what it has reached on this day, the end of the default window.
const REFERENCE_YEAR: i32 = 2025;

/// Things that are numbered 1, 2, 3 … in the order in which they come into being.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Growth {
    /// How many there are at the reference day.
    pub(crate) reference: i64,
    /// When the first came.
    pub(crate) first: Day,
    /// The share that was there two years before the reference day.
    pub(crate) early: f64,
    /// New ones a year after the reference day, as a share of the reference.
    pub(crate) yearly: f64,
}

impl Growth {
    /// The day on which number `id` came.
    pub(crate) fn day_of(&self, id: i64) -> Day {
        let reference_day = from_civil(REFERENCE_YEAR, 1, 1);
        let early_day = from_civil(REFERENCE_YEAR - 2, 1, 1);
        let share = (id as f64 - 0.5) / self.reference as f64;
        let day = if share <= self.early {
            // Slow at first.
            f64::from(self.first) + f64::from(early_day - self.first) * (share / self.early).sqrt()
        } else if share <= 1.0 {
            let part = (share - self.early) / (1.0 - self.early);
            f64::from(early_day) + f64::from(reference_day - early_day) * part
        } else {
            f64::from(reference_day) + (share - 1.0) / self.yearly * 365.25
        };
        day as Day
    }

    /// How many have come up to and including `day`.
    pub(crate) fn count(&self, day: Day) -> i64 {
        let (mut known, mut beyond) = (0, self.reference * 64);
        while beyond - known > 1 {
            let middle = (known + beyond) / 2;
            if self.day_of(middle) <= day { known = middle } else { beyond = middle }
        }
        known
    }
}

/// How likely each of a growing number of things is to be chosen: few often, most seldom (a power law).
pub(crate) struct Popularity {
    /// The sum of the weights of 1..=i at place i-1.
    cumulative: Vec<f64>,
}

impl Popularity {
    /// Weights of a Pareto distribution (<https://en.wikipedia.org/wiki/Pareto_distribution>), drawn by inversion:
    /// the greater `tail`, the more the few stand out. A weight is at most 150 times the least one.
    pub(crate) fn new(seed: u64, purpose: u64, count: i64, tail: f64) -> Self {
        let mut sum = 0.0;
        let cumulative = (1..=count)
            .map(|id| {
                let position = 1.0 - unit(hash(seed, purpose, id));
                sum += libm::pow(position, -tail).min(150.0);
                sum
            })
            .collect();
        Self { cumulative }
    }

    /// One of 1..=count for a uniform number; 0 if there is none.
    #[inline]
    pub(crate) fn choose(&self, count: i64, uniform: f64) -> i64 {
        let cumulative = &self.cumulative[..(count as usize).min(self.cumulative.len())];
        let Some(total) = cumulative.last() else { return 0 };
        let wanted = uniform * total;
        (cumulative.partition_point(|sum| *sum <= wanted) as i64 + 1).min(cumulative.len() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_days_agree() {
        let growth = Growth { reference: 1000, first: from_civil(2016, 1, 1), early: 0.7, yearly: 0.15 };
        assert!((699..=701).contains(&growth.count(from_civil(2023, 1, 1))));
        assert_eq!(growth.count(from_civil(2024, 12, 31)), 1000);
        assert!((1149..=1151).contains(&growth.count(from_civil(2026, 1, 1))));
        for id in 1..1200 {
            assert!(growth.day_of(id) <= growth.day_of(id + 1));
            assert!(growth.count(growth.day_of(id)) >= id);
            assert!(growth.count(growth.day_of(id) - 1) < id);
        }
    }

    #[test]
    fn a_fifth_has_most_of_the_choices_and_the_share_stays_with_the_same_ones() {
        let popularity = Popularity::new(1, 2, 10_000, 0.85);
        let mut counts = vec![0u32; 10_001];
        for draw in 0..200_000 {
            counts[popularity.choose(10_000, unit(hash(3, 4, draw))) as usize] += 1;
        }
        assert_eq!(counts[0], 0);
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let top: u32 = counts[..2_000].iter().sum();
        assert!((110_000..170_000).contains(&top), "{top}");
    }
}
