//! Which values a column has, as far as bounded memory allows: whether one comes twice, the values themselves where they
//! are few, and otherwise numbers in runs or hashes, by which columns that refer to each other are found.

use super::runs::{Added, Runs, whole_number};
use std::collections::HashSet;
use xxhash_rust::xxh3::xxh3_64;

/// More different values than this are not a set of values.
pub(crate) const MOST_VALUES: usize = 40;
/// Longest text of a value of a set, in bytes.
const LONGEST_VALUE: usize = 60;
/// Hashes that are kept of a column that may be a key or refer to one: about 36 MB.
const MOST_HASHES: usize = 2_000_000;
/// Hashes that are kept of a column with duplicates whose name is not one of keys.
const MOST_HASHES_OF_OTHERS: usize = 200_000;

#[derive(Debug, Clone, Default)]
pub(crate) struct Distinct {
    count: u64,
    has_duplicates: bool,
    kept: Kept,
    /// Whether its name is one of keys.
    is_named_like_a_key: bool,
    /// Whether this is of a part of a file, and will be put together with others.
    is_of_part: bool,
    /// Whether only a set of few values is of interest.
    is_no_key: bool,
}

/// What is kept of the values.
#[derive(Debug, Clone)]
enum Kept {
    /// All of them, with their hashes.
    Few(Vec<(u64, Box<str>)>),
    Runs(Runs),
    Hashes(HashSet<u64, Already>),
    /// In a part: hashes, some perhaps twice.
    Listed(Vec<u64>),
    /// Nothing, because it would be too much, or because nobody asks for it.
    Nothing,
}

impl Default for Kept {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
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
    pub(crate) fn new(is_named_like_a_key: bool, is_of_part: bool) -> Self {
        Self { is_named_like_a_key, is_of_part, ..Self::default() }
    }

    pub(crate) fn take(&mut self, text: &[u8]) {
        self.count += 1;
        match &mut self.kept {
            Kept::Few(values) => {
                let hash = xxh3_64(text);
                if values.iter().any(|(known, _)| *known == hash) {
                    self.has_duplicates = true;
                    return;
                }
                match std::str::from_utf8(text).ok().filter(|text| text.len() <= LONGEST_VALUE) {
                    Some(text) if values.len() < MOST_VALUES => values.push((hash, text.into())),
                    _ => {
                        self.widen();
                        self.take_again(text);
                    }
                }
            }
            Kept::Runs(runs) => match whole_number(text).map(|number| runs.add(number)) {
                Some(Added::New) => {}
                Some(Added::Known) => self.has_duplicates = true,
                Some(Added::TooMany) | None => {
                    self.keep_hashes();
                    self.add_hash(xxh3_64(text));
                }
            },
            Kept::Hashes(_) | Kept::Listed(_) => self.add_hash(xxh3_64(text)),
            Kept::Nothing => {}
        }
    }

    /// From the few values to runs of numbers, or to hashes.
    fn widen(&mut self) {
        let Kept::Few(values) = &self.kept else { return };
        if self.is_no_key {
            self.kept = Kept::Nothing;
            return;
        }
        let mut runs = Runs::default();
        let fits = |text: &str| {
            whole_number(text.as_bytes()).is_some_and(|number| runs.add(number) != Added::TooMany)
        };
        if values.iter().map(|(_, text)| &**text).all(fits) {
            self.kept = Kept::Runs(runs);
        } else {
            self.keep_hashes();
        }
    }

    /// A value that was counted, and is not one of the few.
    fn take_again(&mut self, text: &[u8]) {
        self.count -= 1;
        self.take(text);
    }

    fn most(&self) -> usize {
        if self.has_duplicates && !self.is_named_like_a_key { MOST_HASHES_OF_OTHERS } else { MOST_HASHES }
    }

    fn keep_hashes(&mut self) {
        let hashes: Vec<u64> = match &self.kept {
            Kept::Few(values) => values.iter().map(|(hash, _)| *hash).collect(),
            Kept::Runs(runs) if runs.len() > self.most() as u64 => {
                self.kept = Kept::Nothing;
                return;
            }
            Kept::Runs(runs) => runs.numbers().map(hash_of_number).collect(),
            Kept::Hashes(_) | Kept::Listed(_) | Kept::Nothing => return,
        };
        self.kept =
            if self.is_of_part { Kept::Listed(hashes) } else { Kept::Hashes(hashes.into_iter().collect()) };
    }

    fn add_hash(&mut self, hash: u64) {
        let most = self.most();
        match &mut self.kept {
            Kept::Hashes(hashes) => {
                self.has_duplicates |= !hashes.insert(hash);
                if hashes.len() > most {
                    self.kept = Kept::Nothing;
                }
            }
            Kept::Listed(hashes) => hashes.push(hash),
            _ => {}
        }
    }

    /// Nobody will ask whether values are keys; a set of few values is still kept. A part goes on, because what comes before
    /// it decides.
    pub(crate) fn forget_keys(&mut self) {
        self.is_no_key = !self.is_of_part;
        if self.is_no_key && !matches!(self.kept, Kept::Few(_)) {
            self.kept = Kept::Nothing;
        }
    }

    /// Puts what comes behind this together with it.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.count += other.count;
        self.has_duplicates |= other.has_duplicates;
        if matches!(
            (&self.kept, &other.kept),
            (Kept::Few(_), Kept::Runs(_) | Kept::Hashes(_) | Kept::Listed(_))
        ) {
            self.widen();
        }
        match other.kept {
            Kept::Few(values) => {
                for (_, text) in values {
                    self.count -= 1;
                    self.take(text.as_bytes());
                }
            }
            Kept::Runs(runs) => {
                if let Kept::Runs(own) = &mut self.kept {
                    match own.add_all(&runs) {
                        Ok(has_known) => {
                            self.has_duplicates |= has_known;
                            return;
                        }
                        Err(()) => self.keep_hashes(),
                    }
                }
                if runs.len() > self.most() as u64 {
                    self.kept = Kept::Nothing;
                } else {
                    runs.numbers().for_each(|number| self.add_hash(hash_of_number(number)));
                }
            }
            Kept::Hashes(hashes) => {
                self.keep_hashes();
                hashes.into_iter().for_each(|hash| self.add_hash(hash));
            }
            Kept::Listed(hashes) => {
                self.keep_hashes();
                hashes.into_iter().for_each(|hash| self.add_hash(hash));
            }
            Kept::Nothing => self.kept = Kept::Nothing,
        }
    }

    /// Whether no value came twice. `false` if they are too many to know.
    pub(crate) fn is_unique(&self) -> bool {
        !self.has_duplicates && !matches!(self.kept, Kept::Nothing) && self.count > 0
    }

    /// Whether every value is one of another column. `false` if that is not known.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        if self.count == 0 {
            return false;
        }
        match (&self.kept, &other.kept) {
            (Kept::Nothing, _) | (_, Kept::Nothing) => false,
            (Kept::Runs(own), Kept::Runs(others)) => own.is_within(others),
            // Numbers that are not in runs there are too many of to be.
            (Kept::Runs(own), _) if own.len() > MOST_HASHES as u64 => false,
            (Kept::Runs(own), _) => own.numbers().map(hash_of_number).all(|hash| other.has(hash)),
            (Kept::Few(own), Kept::Runs(others)) => own.iter().all(|(_, text)| {
                whole_number(text.as_bytes()).is_some_and(|number| others.has(number, number))
            }),
            (_, Kept::Runs(others)) if others.len() > MOST_HASHES as u64 => false,
            (Kept::Hashes(own), Kept::Runs(others)) => {
                let others: HashSet<u64, Already> = others.numbers().map(hash_of_number).collect();
                own.iter().all(|hash| others.contains(hash))
            }
            (Kept::Few(own), _) => own.iter().all(|(hash, _)| other.has(*hash)),
            (Kept::Hashes(own), _) => own.iter().all(|hash| other.has(*hash)),
            (Kept::Listed(own), _) => own.iter().all(|hash| other.has(*hash)),
        }
    }

    /// Whether it has this hash; of runs that is not asked.
    fn has(&self, hash: u64) -> bool {
        match &self.kept {
            Kept::Few(values) => values.iter().any(|(known, _)| *known == hash),
            Kept::Hashes(hashes) => hashes.contains(&hash),
            Kept::Listed(hashes) => hashes.contains(&hash),
            Kept::Runs(_) | Kept::Nothing => false,
        }
    }

    /// The values in their order, if they are few.
    pub(crate) fn values(&self) -> Option<Vec<&str>> {
        let Kept::Few(values) = &self.kept else { return None };
        if values.is_empty() {
            return None;
        }
        let mut values: Vec<&str> = values.iter().map(|(_, text)| &**text).collect();
        values.sort_unstable();
        Some(values)
    }
}

/// The hash that the text of the number has.
fn hash_of_number(number: i64) -> u64 {
    xxh3_64(itoa::Buffer::new().format(number).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[String], is_of_part: bool) -> Distinct {
        let mut distinct = Distinct::new(true, is_of_part);
        texts.iter().for_each(|text| distinct.take(text.as_bytes()));
        distinct
    }

    fn kinds() -> Vec<Vec<String>> {
        vec![
            (0..5).map(|number| format!("v{number}")).collect(),
            (0..500).map(|number| number.to_string()).collect(),
            (0..500).map(|number| (number * 7).to_string()).collect(),
            (0..500).map(|number| format!("k{number}")).collect(),
            (0..500)
                .map(|number| if number < 250 { number.to_string() } else { format!("x{number}") })
                .collect(),
            (0..500).map(|number| (number % 100).to_string()).collect(),
            (0..500).map(|number| format!("{}", number % 7)).collect(),
        ]
    }

    #[test]
    fn parts_say_what_the_whole_says() {
        for (kind, texts) in kinds().iter().enumerate() {
            let whole = of(texts, false);
            for cut in [0, 1, 30, 60, 300, texts.len()] {
                let (one, two) = texts.split_at(cut.min(texts.len()));
                let mut together = Distinct::new(true, false);
                together.absorb(of(one, true));
                together.absorb(of(two, true));
                let same = (together.is_unique(), together.values(), together.count)
                    == (whole.is_unique(), whole.values(), whole.count);
                assert!(same, "kind {kind} cut at {cut}");
                assert!(together.is_within(&whole) && whole.is_within(&together), "kind {kind} cut at {cut}");
            }
        }
    }

    #[test]
    fn what_is_within_is_known_for_all_ways_of_keeping() {
        let numbers =
            |range: std::ops::Range<i32>| range.map(|number| number.to_string()).collect::<Vec<_>>();
        let odd: Vec<String> = (0..500).map(|number| (2 * number + 1).to_string()).collect();
        let all = of(&numbers(0..1001), false);
        for inner in [numbers(3..10), numbers(3..900), odd.clone()] {
            assert!(of(&inner, false).is_within(&all));
        }
        for outer in [numbers(998..1010), numbers(500..1500), vec!["x".to_owned()]] {
            assert!(!of(&outer, false).is_within(&all));
        }
        assert!(of(&numbers(3..4), false).is_within(&of(&odd, false)) && !all.is_within(&of(&odd, false)));
        assert!(!Distinct::default().is_within(&all));
    }
}
