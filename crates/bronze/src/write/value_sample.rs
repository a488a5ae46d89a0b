//! How the values of a data file's columns are best kept in Parquet, judged by the first rows: in a dictionary, which is
//! Parquet's own choice; as differences, where numbers are near the ones before them; else as they are. A dictionary
//! costs more than it saves where values hardly repeat: keys, amounts, times.

use ingot_lake::Values;
use ingot_lake::arrow::array::{Array, ArrayRef, AsArray as _, RecordBatch};
use ingot_lake::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use xxhash_rust::xxh3::xxh3_64;

/// What is known of the values of the audit columns.
const AUDIT: [(&str, Values); 4] = [
    ("ingestion_ts", Values::Same),
    ("src_filename", Values::Same),
    ("src_row_hash", Values::Random),
    ("src_row_number", Values::Counting),
];

/// Rows that are examined.
const SAMPLE: usize = 1024;
/// Fewer values than these say nothing.
const FEWEST: usize = 64;
/// Digits of a decimal that Parquet keeps as a 64-bit integer.
const LONG_DECIMAL: u8 = 18;
/// Differences that share their width in Parquet's encoding DELTA_BINARY_PACKED, as parquet writes it.
const MINIBLOCK: usize = 64;

/// What is known of the columns' values, from the first batch of a file.
pub(super) fn values_of(batch: &RecordBatch) -> Vec<(&str, Values)> {
    let mut known = AUDIT.to_vec();
    let rows = batch.num_rows().min(SAMPLE);
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let is_audit = AUDIT.iter().any(|(name, _)| name == field.name());
        if !is_audit && let Some(values) = values_of_column(&column.slice(0, rows), batch.num_rows()) {
            known.push((field.name(), values));
        }
    }
    known
}

/// `rows` is how many rows the batch has of which `sample` has the first ones.
fn values_of_column(sample: &ArrayRef, rows: usize) -> Option<Values> {
    match sample.data_type() {
        DataType::Utf8 => {
            let texts = sample.as_string::<i32>().iter().flatten();
            let hashes: Vec<u64> = texts.map(|text| xxh3_64(text.as_bytes())).collect();
            let texts = hashes.len();
            (texts >= FEWEST && different(hashes) * 50 >= texts * 49).then_some(Values::Unlike)
        }
        DataType::Float64 => {
            let numbers: Vec<u64> =
                sample.as_primitive::<Float64Type>().iter().flatten().map(f64::to_bits).collect();
            let fractions = numbers.len();
            (fractions >= FEWEST && different(numbers) * 2 > fractions).then_some(Values::Unlike)
        }
        _ => values_of_numbers(whole_numbers(sample)?, rows),
    }
}

/// How many different ones there are.
fn different(mut numbers: Vec<u64>) -> usize {
    numbers.sort_unstable();
    numbers.dedup();
    numbers.len()
}

/// The values that are not null, where Parquet keeps the type as whole numbers.
fn whole_numbers(column: &ArrayRef) -> Option<Vec<i64>> {
    fn widened<T: ArrowPrimitiveType>(column: &ArrayRef, widen: impl Fn(T::Native) -> i64) -> Vec<i64> {
        column.as_primitive::<T>().iter().flatten().map(widen).collect()
    }
    Some(match column.data_type() {
        DataType::Int32 => widened::<Int32Type>(column, i64::from),
        DataType::Date32 => widened::<Date32Type>(column, i64::from),
        DataType::Int64 => widened::<Int64Type>(column, |number| number),
        DataType::Timestamp(..) => widened::<TimestampMicrosecondType>(column, |number| number),
        DataType::Decimal128(precision, _) if *precision <= LONG_DECIMAL => {
            widened::<Decimal128Type>(column, |number| number as i64)
        }
        _ => return None,
    })
}

/// The form in which the numbers take the fewest bits, as far as a few of them can tell. `rows` is how many there are.
fn values_of_numbers(numbers: Vec<i64>, rows: usize) -> Option<Values> {
    if numbers.len() < FEWEST {
        return None;
    }
    let as_differences = bits_as_differences(&numbers);
    let mut sorted = numbers;
    sorted.sort_unstable();
    let as_they_are = bits_as_they_are(&sorted);
    let in_dictionary = bits_in_dictionary(&sorted, as_they_are, rows);
    // The indexes of a dictionary are compressed further, the other forms hardly are.
    if as_differences < in_dictionary * 0.95 && as_differences < as_they_are {
        Some(Values::Near)
    } else {
        (as_they_are < in_dictionary * 0.95).then_some(Values::Unlike)
    }
}

/// Bits of each number that is written as it is and compressed: those that tell most numbers from each other, and a little
/// for the rest. A few far away cost nothing, because the other bytes of most are equal.
fn bits_as_they_are(sorted: &[i64]) -> f64 {
    let outside = sorted.len() / 20;
    let (low, high) = (sorted[outside], sorted[sorted.len() - 1 - outside]);
    f64::min((high.wrapping_sub(low) as u64 as f64 + 1.0).log2() + 3.0, 64.0)
}

/// Bits of each number in a dictionary whose entries have `entry` bits: its index, and its share of the dictionary.
fn bits_in_dictionary(sorted: &[i64], entry: f64, rows: usize) -> f64 {
    let (mut different, mut once, mut twice) = (0.0, 0.0, 0.0);
    for equal in sorted.chunk_by(|one, other| one == other) {
        different += 1.0;
        match equal.len() {
            1 => once += 1.0,
            2 => twice += 1.0,
            _ => {}
        }
    }
    // Chao's estimate of how many there are, seen and unseen (https://en.wikipedia.org/wiki/Unseen_species_problem).
    let unseen = once * f64::max(once - 1.0, 0.0) / (2.0 * (twice + 1.0));
    let all = f64::min(different + unseen, rows as f64);
    all.log2().ceil() + entry * all / rows as f64
}

/// Bits of each number as its difference from the one before it.
fn bits_as_differences(numbers: &[i64]) -> f64 {
    let deltas: Vec<i64> = numbers.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
    let mut bits = 0;
    for deltas in deltas.chunks(MINIBLOCK) {
        let least = deltas.iter().min().copied().unwrap_or_default();
        let widest = deltas.iter().map(|delta| delta.wrapping_sub(least) as u64).max().unwrap_or_default();
        // The least difference and the width are written, too.
        bits += deltas.len() as u32 * (u64::BITS - widest.leading_zeros()) + 24;
    }
    f64::from(bits) / numbers.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use ingot_lake::arrow::array::{Decimal128Array, Float64Array, Int64Array, StringArray};
    use std::sync::Arc;

    fn judged(column: ArrayRef) -> Option<Values> {
        values_of_column(&column.slice(0, column.len().min(SAMPLE)), column.len())
    }

    /// A number that looks random.
    fn scattered(index: i64) -> i64 {
        xxh3_64(&index.to_le_bytes()) as i64
    }

    fn numbers(numbers: impl Iterator<Item = i64>) -> ArrayRef {
        Arc::new(Int64Array::from(numbers.collect::<Vec<_>>()))
    }

    #[test]
    fn keys_in_order_and_amounts_are_kept_as_differences() {
        assert_eq!(judged(numbers((0..4000).map(|index| 7_000_000_000 + index / 3))), Some(Values::Near));
        let amounts = (0..4000).map(|index| i128::from(scattered(index).rem_euclid(4000)));
        let amounts = Decimal128Array::from_iter_values(amounts).with_precision_and_scale(10, 2).unwrap();
        assert_eq!(judged(Arc::new(amounts)), Some(Values::Near));
    }

    #[test]
    fn keys_in_no_order_are_kept_as_they_are() {
        assert_eq!(judged(numbers((0..4000).map(|index| scattered(index) >> 1))), Some(Values::Unlike));
        // A few far away would make all differences wide.
        let some_far =
            |index| if index % 60 == 7 { 90_000_000_000 } else { scattered(index).rem_euclid(25_000) };
        assert_eq!(judged(numbers((0..4000).map(some_far))), Some(Values::Unlike));
    }

    #[test]
    fn few_different_numbers_stay_in_a_dictionary() {
        let price = |index| scattered(index).rem_euclid(100) * 1_000_000_007;
        assert_eq!(judged(numbers((0..4000).map(price))), None);
        assert_eq!(judged(numbers((0..4000).map(|index| scattered(index).rem_euclid(4)))), None);
    }

    #[test]
    fn texts_and_fractions_that_hardly_repeat_have_no_dictionary() {
        let texts: Vec<String> = (0..600).map(|index| format!("{index:05}")).collect();
        assert_eq!(judged(Arc::new(StringArray::from(texts))), Some(Values::Unlike));
        let texts: Vec<String> = (0..600).map(|index| format!("{:05}", index % 100)).collect();
        assert_eq!(judged(Arc::new(StringArray::from(texts))), None);
        let numbers: Vec<f64> = (0..600).map(|index| f64::from(index) / 7.0).collect();
        assert_eq!(judged(Arc::new(Float64Array::from(numbers))), Some(Values::Unlike));
    }

    #[test]
    fn nulls_and_short_columns_say_nothing() {
        assert_eq!(judged(Arc::new(Int64Array::from(vec![None; 600]))), None);
        assert_eq!(judged(Arc::new(Int64Array::from((0..20).collect::<Vec<i64>>()))), None);
    }
}
