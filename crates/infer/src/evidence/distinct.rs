//! Which values a column has, as far as bounded memory allows: whether one comes twice, the values themselves where they
//! are few, and their hashes, by which columns that refer to each other are found.

use std::collections::{BTreeMap, HashSet};
use xxhash_rust::xxh3::xxh3_64;

/// More different values than this are not a set of values.
pub(crate) const MOST_VALUES: usize = 40;
/// Longest text of a value of a set, in bytes.
const LONGEST_VALUE: usize = 60;
/// Hashes that are kept of a column that may be a key.
const MOST_HASHES: usize = 2_000_000;
/// Hashes that are kept of a column that is not one.
const MOST_HASHES_OF_OTHERS: usize = 200_000;

#[derive(Debug, Clone, Default)]
pub(crate) struct Distinct {
    hashes: HashSet<u64, Already>,
    /// Whether all hashes are there.
    is_incomplete: bool,
    /// The values and how often each came; `None` once they are too many.
    values: Option<BTreeMap<String, u64>>,
    started: bool,
    pub(crate) has_duplicates: bool,
    count: u64,
}

/// Hashes are hashes already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Already(u64);

impl std::hash::Hasher for Already {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _bytes: &[u8]) {}
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

impl std::hash::BuildHasher for Already {
    type Hasher = Self;
    fn build_hasher(&self) -> Self {
        Self::default()
    }
}

impl Distinct {
    pub(crate) fn take(&mut self, text: &[u8]) {
        self.count += 1;
        if !self.started {
            self.started = true;
            self.values = Some(BTreeMap::new());
        }
        if let Some(values) = &mut self.values {
            match std::str::from_utf8(text).ok().filter(|text| text.len() <= LONGEST_VALUE) {
                Some(text) if let Some(count) = values.get_mut(text) => *count += 1,
                Some(text) if values.len() < MOST_VALUES => drop(values.insert(text.to_owned(), 1)),
                _ => self.values = None,
            }
        }
        if self.is_incomplete {
            return;
        }
        self.has_duplicates |= !self.hashes.insert(xxh3_64(text));
        let most = if self.has_duplicates { MOST_HASHES_OF_OTHERS } else { MOST_HASHES };
        if self.hashes.len() > most {
            self.is_incomplete = true;
            self.hashes = HashSet::default();
        }
    }

    /// Whether no value came twice. `false` if they are too many to know.
    pub(crate) fn is_unique(&self) -> bool {
        !self.has_duplicates && !self.is_incomplete && self.count > 0
    }

    /// Whether every value is one of another column. `false` if that is not known.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        !self.is_incomplete
            && !other.is_incomplete
            && !self.hashes.is_empty()
            && self.hashes.iter().all(|hash| other.hashes.contains(hash))
    }

    /// The values and how often each came, if they are few.
    pub(crate) fn values(&self) -> Option<&BTreeMap<String, u64>> {
        self.values.as_ref()
    }
}
