//! The primary keys of rows, hashed.

use crate::check::columnar::push_value;
use ingot_lake::arrow::array::ArrayRef;
use std::collections::HashMap;
use xxhash_rust::xxh3::xxh3_128;

/// A row's primary key, hashed to 128 bits, so that no two keys of a table collide.
pub(super) type Key = u128;

/// Rows before a version: the key and the hash of each.
pub(super) type Rows = HashMap<Key, i64>;

/// The keys of rows, which are made of the columns of these indexes.
pub(super) fn row_keys(columns: &[ArrayRef], key_columns: &[usize], rows: usize) -> Vec<Key> {
    let columns: Vec<&ArrayRef> = key_columns.iter().map(|index| &columns[*index]).collect();
    let mut buffer = Vec::new();
    (0..rows)
        .map(|row| {
            buffer.clear();
            for column in &columns {
                push_value(&mut buffer, column, row);
            }
            xxh3_128(&buffer)
        })
        .collect()
}
