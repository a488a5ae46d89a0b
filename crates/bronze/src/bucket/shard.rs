//! Which of several loaders takes a raw file.

use ingot_core::error::{Error, Result};
use std::fmt;
use std::str::FromStr;
use xxhash_rust::xxh3::xxh3_128;

/// Loaders at most. Each takes some requests even if there is nothing for it.
const MOST: u32 = 4096;

/// A part of all raw files: the i-th of n, by a hash of their paths. Equal for every machine and every version of ingot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    number: u32,
    of: u32,
}

impl Shard {
    /// All raw files.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// Whether the file with this path, relative to the raw folder, is in it.
    pub(crate) fn has(self, path: &str) -> bool {
        self.covers(place_of(path))
    }

    /// Whether it has the file with this hash of its path: a shard is a range of hashes, so that what is sorted by them can be read in
    /// part.
    pub(super) fn covers(self, place: u128) -> bool {
        let (first, last) = self.range();
        (first..=last).contains(&high_of(place))
    }

    /// The first and the last of the upper halves of hashes that it has.
    pub(super) fn range(self) -> (u64, u64) {
        let of = u128::from(self.of);
        let begin = |number: u32| ((u128::from(number) << 64).div_ceil(of)).min(1 << 64);
        (begin(self.number - 1) as u64, (begin(self.number) - 1) as u64)
    }
}

/// The hash of a file's path.
pub(super) fn place_of(path: &str) -> u128 {
    xxh3_128(path.as_bytes())
}

pub(super) fn high_of(place: u128) -> u64 {
    (place >> 64) as u64
}

impl Default for Shard {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts =
            text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if (1..=MOST).contains(&of) && (1..=of).contains(&number) => {
                Ok(Self { number, of })
            }
            _ => Err(Error::new(format!(
                "must be a number and how many there are, from 1/1 to {MOST}/{MOST}, such as 2/8"
            ))),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_in_one_shard_of_any_number() {
        for of in [1, 2, 3, 7, 8, 100, 4096] {
            let shards: Vec<Shard> = (1..=of).map(|number| Shard { number, of }).collect();
            assert_eq!(shards[0].range().0, 0);
            assert_eq!(shards.last().unwrap().range().1, u64::MAX);
            for pair in shards.windows(2) {
                assert_eq!(pair[0].range().1 + 1, pair[1].range().0, "{} {}", pair[0], pair[1]);
            }
            for file in 0..200 {
                let path = format!("orders/day={file}/part-{file}.csv");
                assert_eq!(shards.iter().filter(|shard| shard.has(&path)).count(), 1, "{path} of {of}");
            }
        }
    }

    #[test]
    fn shares_are_even() {
        let shard: Shard = "2/8".parse().unwrap();
        let mine = (0..80_000).filter(|file| shard.has(&format!("events/{file}.jsonl"))).count();
        assert!((9_500..10_500).contains(&mine), "{mine} of 80,000");
    }

    #[test]
    fn a_file_stays_in_its_shard() {
        // Other loaders of the same run may have another version of ingot.
        assert_eq!(place_of("orders/a.csv"), xxh3_128(b"orders/a.csv"));
        assert_eq!("3/8".parse::<Shard>().unwrap().range(), (1 << 62, (1 << 62) + (1 << 61) - 1));
    }

    #[test]
    fn what_is_not_a_shard_is_refused() {
        for wrong in ["0/2", "3/2", "1/0", "1", "a/b", "1/5000", "-1/2", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
