//! How often each feed is taken: as it lands, or once in each period of its contract.

use ingot_contract::{Contract, Frequency};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The periods in which feeds were taken last.
#[derive(Debug, Clone, Default)]
pub struct Cadences {
    /// In the order of the contracts.
    feeds: Vec<(String, Frequency, Option<Timestamp>)>,
}

impl Cadences {
    /// Of these contracts. `periods` are those of an earlier run, by feed: what it has taken in this period is not due again.
    pub fn new(contracts: &[Contract], periods: &BTreeMap<String, Timestamp>) -> Self {
        let of = |contract: &Contract| {
            (contract.name.clone(), contract.frequency, periods.get(&contract.name).copied())
        };
        Self { feeds: contracts.iter().map(of).collect() }
    }

    /// Whether a feed is to be taken now.
    pub fn is_due(&self, feed: usize, now: Timestamp) -> bool {
        let Some((_, frequency, taken)) = self.feeds.get(feed) else { return false };
        match frequency.period(now) {
            None => true,
            Some(period) => taken.is_none_or(|taken| taken < period),
        }
    }

    /// Whether a feed with periods was taken before.
    pub(super) fn has_begun(&self, feed: usize) -> bool {
        self.feeds.get(feed).is_some_and(|(_, _, taken)| taken.is_some())
    }

    /// A feed has nothing left to take in this period.
    pub(super) fn taken(&mut self, feed: usize, now: Timestamp) {
        if let Some((_, frequency, taken)) = self.feeds.get_mut(feed) {
            *taken = frequency.period(now).or(*taken);
        }
    }

    /// For the next run.
    pub fn periods(&self) -> BTreeMap<String, Timestamp> {
        self.feeds.iter().filter_map(|(name, _, taken)| Some((name.clone(), (*taken)?))).collect()
    }

    /// When a feed is due next; `None` if it is now, or always.
    pub fn next(&self, feed: usize, now: Timestamp) -> Option<Timestamp> {
        let (_, frequency, _) = self.feeds.get(feed)?;
        if self.is_due(feed, now) { None } else { frequency.next_period(now) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ingot_contract::FrequencyUnit;

    #[test]
    fn a_feed_is_due_once_in_each_period() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let daily = Frequency::Every(1, FrequencyUnit::Day);
        let mut cadences = Cadences {
            feeds: vec![
                ("a".to_owned(), Frequency::AsItLands, None),
                ("b".to_owned(), daily, None),
                ("c".to_owned(), daily, Some(at("2026-11-29T00:00:00Z"))),
            ],
        };
        let now = at("2026-11-29T07:00:00Z");
        assert_eq!([0, 1, 2, 3].map(|feed| cadences.is_due(feed, now)), [true, true, false, false]);
        cadences.taken(0, now);
        cadences.taken(1, now);
        assert_eq!([0, 1].map(|feed| cadences.is_due(feed, at("2026-11-29T23:59:59Z"))), [true, false]);
        assert_eq!(cadences.next(1, now), Some(at("2026-11-30T00:00:00Z")));
        assert!(cadences.is_due(1, at("2026-11-30T00:00:00Z")));
        assert_eq!(cadences.periods().keys().collect::<Vec<_>>(), ["b", "c"]);
    }
}
