//! TIME WITH TIME ZONE as DuckDB packs it: microseconds in the upper 40 bits, the offset below, reversed.

const OFFSET_BITS: u32 = 24;
const LARGEST_OFFSET: i32 = 16 * 60 * 60 - 1;

/// Microseconds since midnight, and seconds east of UTC.
pub(crate) fn parts(packed: u64) -> (i64, i32) {
    let offset = (packed & ((1 << OFFSET_BITS) - 1)) as i32;
    ((packed >> OFFSET_BITS) as i64, LARGEST_OFFSET - offset)
}

pub(crate) fn pack(micros: i64, offset: i32) -> u64 {
    ((micros as u64) << OFFSET_BITS) | (LARGEST_OFFSET - offset) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_and_unpacks() {
        for offset in [-57_599, -36_000, 0, 37_800, 57_599] {
            assert_eq!(parts(pack(86_399_999_999, offset)), (86_399_999_999, offset));
        }
    }
}
