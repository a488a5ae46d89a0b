//! Random numbers that are a function of (seed, purpose, part) and of nothing else.
//!
//! A stream is never shared between threads or files, so the number of threads and the order of the
//! work cannot change a byte. What needs many draws takes a ChaCha8 stream ([`Random`]); a single
//! fact about a numbered thing takes a [`hash`].
//!
//! The functions of the standard library whose last bit may differ between platforms (logarithm, exponential, power,
//! cosine) are replaced by those of the crate `libm`, here and wherever else a random number is shaped, so that bytes
//! do not depend on the machine.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of random numbers.
pub(crate) struct Random(ChaCha8Rng);

impl Random {
    /// The stream for `part` (a day, an id, ...) of `purpose` under `seed`.
    pub(crate) fn new(seed: u64, purpose: &str, part: i64) -> Self {
        let mut key = [0u8; 32];
        let mut state = seed ^ label(purpose).rotate_left(17);
        for (index, chunk) in key.chunks_exact_mut(8).enumerate() {
            state = mix(state ^ (part as u64).wrapping_mul(index as u64 * 2 + 1));
            chunk.copy_from_slice(&state.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Uniform in [0, 1).
    #[inline]
    pub(crate) fn unit(&mut self) -> f64 {
        unit(self.0.next_u64())
    }

    /// Uniform in 0..n; 0 when n is 0.
    #[inline]
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// Uniform in first..=last.
    #[inline]
    pub(crate) fn between(&mut self, first: i64, last: i64) -> i64 {
        first + self.below((last - first + 1).max(1) as u64) as i64
    }

    #[inline]
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of `choices`, which must not be empty.
    #[inline]
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// One of `choices`, which must not be empty, the first ones most likely.
    #[inline]
    pub(crate) fn pick_early<T: Copy>(&mut self, choices: &[T]) -> T {
        let uniform = self.unit();
        choices[(uniform * uniform.sqrt() * choices.len() as f64) as usize]
    }

    /// One of `choices`, each as likely as its weight is a share of all weights.
    pub(crate) fn weighted<T: Copy>(&mut self, choices: &[(T, f64)]) -> T {
        weighted(choices, self.unit())
    }

    /// Normal with mean 0 and deviation 1.
    pub(crate) fn normal(&mut self) -> f64 {
        // The sum of twelve uniforms has this deviation, by the central limit theorem, and its values end at 6
        // deviations: https://en.wikipedia.org/wiki/Irwin%E2%80%93Hall_distribution.
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    /// Exponential with the given mean, by inversion, at most twelve times the mean.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        (-libm::log(1.0 - self.unit())).min(12.0) * mean
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// One of `choices` by weight, for a given uniform number.
pub(crate) fn weighted<T: Copy>(choices: &[(T, f64)], unit: f64) -> T {
    let total: f64 = choices.iter().map(|(_, weight)| weight).sum();
    let mut left = unit * total;
    for (choice, weight) in choices {
        if left < *weight {
            return *choice;
        }
        left -= weight;
    }
    choices[choices.len() - 1].0
}

/// 64 random bits about item `item` of `purpose`.
#[inline]
pub(crate) fn hash(seed: u64, purpose: u64, item: i64) -> u64 {
    mix(mix(seed ^ purpose).wrapping_add((item as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

/// Bits to a number in [0, 1).
#[inline]
pub(crate) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// A number for a purpose's name, usable in constants: FNV-1a
/// (<https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>).
pub(crate) const fn label(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut value = 0xcbf2_9ce4_8422_2325u64;
    let mut index = 0;
    while index < bytes.len() {
        value = (value ^ bytes[index] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        index += 1;
    }
    value
}

/// The mixing step of SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>).
#[inline]
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_depend_on_every_part_of_their_name() {
        let first = |seed, purpose, part| Random::new(seed, purpose, part).bits();
        assert_eq!(first(1, "a", 1), first(1, "a", 1));
        assert_ne!(first(1, "a", 1), first(2, "a", 1));
        assert_ne!(first(1, "a", 1), first(1, "b", 1));
        assert_ne!(first(1, "a", 1), first(1, "a", 2));
    }

    #[test]
    fn draws_stay_in_their_bounds() {
        let mut random = Random::new(7, "bounds", 0);
        for _ in 0..10_000 {
            assert!((0.0..1.0).contains(&random.unit()));
            assert!((-3..=3).contains(&random.between(-3, 3)));
        }
        assert_eq!(weighted(&[("a", 1.0), ("b", 3.0)], 0.3), "b");
        assert_eq!(random.below(0), 0);
    }
}
