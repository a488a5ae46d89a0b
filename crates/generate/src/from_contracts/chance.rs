//! Random numbers about one cell: a stream that is a function of seed, column and row, and of nothing else. It is cheap
//! to begin, because every cell begins one.

use crate::random;
use rand::TryRng;
use std::convert::Infallible;

/// SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>).
pub(crate) struct Chance(u64);

impl Chance {
    #[cfg(test)]
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The stream of one cell. `column` is a number for the feed and the column, from [`random::label`].
    #[inline]
    pub(crate) fn of_cell(seed: u64, column: u64, row: u64) -> Self {
        Self(random::hash(seed, column, row as i64))
    }

    #[inline]
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// Uniform in [0, 1).
    #[inline]
    pub(crate) fn unit(&mut self) -> f64 {
        random::unit(self.bits())
    }

    /// Uniform in 0..n; 0 when n is 0.
    #[inline]
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// Uniform in first..=last.
    pub(crate) fn between(&mut self, first: i128, last: i128) -> i128 {
        let span = last.saturating_sub(first).max(0) as u128;
        let bits = (u128::from(self.bits()) << 64) | u128::from(self.bits());
        if span == u128::MAX { bits as i128 } else { first + (bits % (span + 1)) as i128 }
    }

    /// Normal with mean 0 and deviation 1, within 6 deviations
    /// (<https://en.wikipedia.org/wiki/Irwin%E2%80%93Hall_distribution>).
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    /// A rank of 0..n by Zipf's law with this exponent: the first is the most frequent.
    pub(crate) fn zipf(&mut self, n: u64, exponent: f64) -> u64 {
        let (uniform, size) = (self.unit(), n.max(1) as f64);
        // The inverse of the continuous distribution function over 1..=n+1.
        let rank = if (exponent - 1.0).abs() < 1e-9 {
            libm::exp(uniform * libm::log(size + 1.0))
        } else {
            let power = 1.0 - exponent;
            libm::pow((libm::pow(size + 1.0, power) - 1.0) * uniform + 1.0, 1.0 / power)
        };
        (rank as u64).clamp(1, n.max(1)) - 1
    }
}

/// For the crate `fake`.
impl TryRng for Chance {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.bits() >> 32) as u32)
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.bits())
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.bits().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_follow_zipfs_law() {
        let mut chance = Chance::new(1);
        let mut counts = [0u32; 100];
        for _ in 0..100_000 {
            counts[chance.zipf(100, 1.0) as usize] += 1;
        }
        assert!(counts[0] > counts[9] * 5 && counts[9] > 0 && counts[99] > 0, "{counts:?}");
        assert!((0..1000).all(|_| (-5..=5).contains(&chance.between(-5, 5))));
    }
}
