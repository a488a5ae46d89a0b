//! Defects put into the data on purpose: what kinds there are, how often, and who must catch them.
//! The kinds of a domain are listed in one table beside its feeds.

use crate::random::Random;

/// Who must catch a defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum CaughtAt {
    /// The row is rejected.
    Bronze,
    /// The row is loaded, flagged and neutralised.
    Silver,
    /// Nobody: it is a gap as real data has them, only counted.
    Allowed,
}

impl CaughtAt {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bronze => "bronze",
            Self::Silver => "silver",
            Self::Allowed => "allowed",
        }
    }
}

/// A kind of defect.
#[derive(Debug, PartialEq)]
pub(crate) struct Anomaly {
    pub(crate) feed: &'static str,
    pub(crate) code: &'static str,
    /// The column that has it; empty if it is the whole line.
    pub(crate) column: &'static str,
    /// Share of the feed's rows, or of its files, 0 to 1, unless the settings name another.
    pub(crate) rate: f64,
    pub(crate) caught_at: CaughtAt,
    /// Whether it is a defect of a file, and not of a row.
    pub(crate) is_of_file: bool,
}

/// How often each kind comes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rates(Vec<(&'static Anomaly, f64)>);

impl Rates {
    pub(crate) fn defaults(table: &'static [Anomaly]) -> Self {
        Self(table.iter().map(|anomaly| (anomaly, anomaly.rate)).collect())
    }

    /// No defect at all.
    pub(crate) fn none(table: &'static [Anomaly]) -> Self {
        Self(table.iter().map(|anomaly| (anomaly, 0.0)).collect())
    }

    pub(crate) fn set(&mut self, anomaly: &Anomaly, rate: f64) {
        for (kind, old) in &mut self.0 {
            if kind.feed == anomaly.feed && kind.code == anomaly.code {
                *old = rate;
            }
        }
    }

    /// The sum of a feed's rates, of its rows or of its files.
    pub(crate) fn total(&self, feed: &str, of_files: bool) -> f64 {
        let is_meant = |kind: &Anomaly| kind.feed == feed && kind.is_of_file == of_files;
        self.0.iter().filter(|(kind, _)| is_meant(kind)).map(|(_, rate)| rate).sum()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static Anomaly, f64)> {
        self.0.iter().copied()
    }
}

/// Numbered rows before this one have no defect.
const FIRST_MARKED: i64 = 10;

/// The kinds that one feed has. A row gets one of them at most, so that a finding has one cause.
#[derive(Debug, Clone)]
pub(crate) struct Anomalies {
    kinds: Vec<(&'static Anomaly, f64)>,
}

impl Anomalies {
    pub(crate) fn of_feed(rates: &Rates, feed: &str) -> Self {
        Self { kinds: rates.iter().filter(|(anomaly, _)| anomaly.feed == feed).collect() }
    }

    /// The defect that the next row gets, if any. `random` is a stream of its own, so that another
    /// rate changes no other value.
    #[inline]
    pub(crate) fn draw(&self, random: &mut Random) -> Option<&'static Anomaly> {
        let mut left = random.unit();
        for (anomaly, rate) in &self.kinds {
            if left < *rate {
                return Some(anomaly);
            }
            left -= rate;
        }
        None
    }

    /// For a feed whose rows are numbered 1, 2, 3 …: the defect of row `number`. Each kind that comes at
    /// all also marks one row that is there in any small data set, so that none is missing from it.
    pub(crate) fn of_numbered(&self, number: i64, random: &mut Random) -> Option<&'static Anomaly> {
        let drawn = self.draw(random);
        // The first rows stay valid; after them every second one is marked, a kind each.
        if number < FIRST_MARKED {
            return None;
        }
        let marked = ((number - FIRST_MARKED) / 2) as usize;
        match self.kinds.get(marked) {
            Some((kind, rate)) if (number - FIRST_MARKED) % 2 == 0 && *rate > 0.0 => Some(kind),
            _ => drawn,
        }
    }

    /// The nearest row before `number` that has no defect: what a duplicate may safely copy a key of.
    pub(crate) fn whole_before(
        &self,
        number: i64,
        defect_of: impl Fn(i64) -> Option<&'static Anomaly>,
    ) -> i64 {
        (1..number).rev().find(|other| defect_of(*other).is_none()).unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static TABLE: [Anomaly; 2] = [
        Anomaly {
            feed: "a",
            code: "one",
            column: "x",
            rate: 0.1,
            caught_at: CaughtAt::Silver,
            is_of_file: false,
        },
        Anomaly {
            feed: "a",
            code: "two",
            column: "y",
            rate: 0.2,
            caught_at: CaughtAt::Bronze,
            is_of_file: false,
        },
    ];

    #[test]
    fn kinds_come_at_their_rates() {
        let rates = Rates::defaults(&TABLE);
        let anomalies = Anomalies::of_feed(&rates, "a");
        let mut random = Random::new(1, "rates", 0);
        let drawn: Vec<_> = (0..100_000).filter_map(|_| anomalies.draw(&mut random)).collect();
        let ones = drawn.iter().filter(|anomaly| anomaly.code == "one").count();
        let twos = drawn.len() - ones;
        assert!((9_500..10_500).contains(&ones), "{ones}");
        assert!((19_500..20_500).contains(&twos), "{twos}");
        assert!(Anomalies::of_feed(&rates, "b").draw(&mut random).is_none());
    }

    #[test]
    fn twenty_numbered_rows_have_every_kind() {
        let mut rates = Rates::defaults(&TABLE);
        let codes = |rates: &Rates, feed: &str| -> Vec<&str> {
            let anomalies = Anomalies::of_feed(rates, feed);
            (1..=20)
                .filter_map(|number| anomalies.of_numbered(number, &mut Random::new(0, "none", number)))
                .map(|anomaly| anomaly.code)
                .collect()
        };
        assert!(codes(&rates, "a").contains(&"one") && codes(&rates, "a").contains(&"two"));
        rates.set(&TABLE[0], 0.0);
        assert!(!codes(&rates, "a").contains(&"one") && codes(&rates, "a").contains(&"two"));
        assert!(codes(&Rates::none(&TABLE), "a").is_empty());
    }
}
