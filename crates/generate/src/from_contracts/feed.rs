//! One feed as it is generated: how many rows it has and when, how each column comes about, and in which files.

use super::column::{KeyPart, Maker, Source, UniqueText};
use super::paths::Layout;
use super::timing::Timing;
use crate::calendar::Day;
use ingot_contract::Contract;

/// A feed, planned.
pub(crate) struct Feed {
    pub(crate) name: &'static str,
    pub(crate) contract: Contract,
    /// The names of its columns, for the ledger.
    pub(crate) column_names: Vec<&'static str>,
    /// In the order of the contract's columns.
    pub(crate) makers: Vec<Maker>,
    pub(crate) extent: Extent,
    pub(crate) layout: Layout,
}

/// How many rows there are.
#[derive(Debug, Clone)]
pub(crate) enum Extent {
    /// So many, delivered again in each window.
    Fixed(u64),
    Daily(Timing),
}

impl Extent {
    /// All rows until the end of the last window.
    pub(crate) fn rows(&self) -> u64 {
        match self {
            Self::Fixed(rows) => *rows,
            Self::Daily(timing) => timing.rows(),
        }
    }

    /// How many rows another feed can refer to on a day; at least one. `None`: at any time.
    pub(crate) fn known_on(&self, day: Option<Day>) -> u64 {
        match self {
            Self::Fixed(rows) => *rows,
            Self::Daily(timing) => {
                let day = day.unwrap_or(timing.origin());
                timing.rows_of(timing.origin()..day + 1).end.max(1)
            }
        }
    }
}

impl Feed {
    /// The day of a row, and its moment in microseconds; `origin` where rows have no days.
    pub(crate) fn time_of(&self, row: u64, origin: Day) -> (Day, i64) {
        match &self.extent {
            Extent::Fixed(_) => (origin, i64::from(origin) * 86_400_000_000 + 43_200_000_000),
            Extent::Daily(timing) => (timing.day_of(row), timing.moment_of(row)),
        }
    }

    /// Which of the combinations of its path a row belongs to.
    pub(crate) fn combination_of(&self, row: u64) -> usize {
        (row % self.layout.combinations.len().max(1) as u64) as usize
    }

    /// The number that counts for a column.
    pub(crate) fn number_for(&self, maker: &Maker, row: u64) -> u64 {
        let Some(KeyPart { divide, modulus, within_day }) = maker.key_part else { return row };
        let base = match (&self.extent, within_day) {
            (Extent::Daily(timing), true) => timing.place_in_day(row),
            _ => row,
        };
        let number = base / divide.max(1);
        modulus.map_or(number, |modulus| number % modulus.max(1))
    }

    /// The columns of the primary key.
    pub(crate) fn key_places(&self) -> Vec<usize> {
        let key = self.contract.primary_key();
        key.iter()
            .filter_map(|column| self.contract.columns.iter().position(|other| other.name == column.name))
            .collect()
    }
}

impl Maker {
    /// How many different values it can count up to.
    pub(crate) fn capacity(&self, known: impl Fn(usize) -> u64) -> u64 {
        match &self.source {
            Source::Values { values, .. } => values.len() as u64,
            Source::Boolean => 2,
            Source::Counter { first, step } => {
                let end = if *step > 0 { self.constraints.most } else { self.constraints.least };
                let count = (end.saturating_sub(*first)) / step + 1;
                u64::try_from(count.max(0)).unwrap_or(u64::MAX)
            }
            Source::Unique(UniqueText::Pattern(language)) => language.count(),
            Source::Unique(UniqueText::Short(digits)) => 36u64.saturating_pow(*digits as u32),
            Source::Unique(UniqueText::Numbered { prefix, .. }) => {
                let digits = self.constraints.longest.saturating_sub(prefix.chars().count());
                10u64.saturating_pow(u32::try_from(digits).unwrap_or(u32::MAX)).saturating_sub(1)
            }
            Source::Reference { feed, .. } => known(*feed),
            _ => u64::MAX,
        }
    }
}
