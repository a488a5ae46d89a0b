//! Hashes of rows, as text and as columns: every row that is loaded is hashed once.
//!
//! `cargo bench --profile release -p ingot-bronze`; what it gave before is in `benches/RECORD.md`.

#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

#[path = "../src/row.rs"]
mod row;
#[path = "../src/check/columnar/row_values.rs"]
mod row_values;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use ingot_lake::arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use std::sync::Arc;

fn main() {
    divan::main();
}

const ROWS: usize = 8192;

#[divan::bench(args = [40, 200, 2000])]
fn row_of_text(bencher: Bencher, bytes: usize) {
    let text = vec![b'x'; bytes];
    bencher.counter(BytesCount::new(bytes)).bench(|| row::row_hash(black_box(&text)));
}

#[divan::bench]
fn batch_of_columns(bencher: Bencher) {
    let numbers = || (0..ROWS as i64).map(|row| (row % 7 != 0).then_some(row * 31));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(numbers().collect::<Int64Array>()),
        Arc::new(numbers().map(|number| number.map(|number| number as f64)).collect::<Float64Array>()),
        Arc::new(numbers().collect::<TimestampMicrosecondArray>()),
        Arc::new(
            numbers().map(|number| number.map(|number| format!("name {number}"))).collect::<StringArray>(),
        ),
    ];
    bencher.counter(ItemsCount::new(ROWS)).bench(|| row_values::row_hashes(black_box(&columns), ROWS));
}
