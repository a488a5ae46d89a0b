//! Rows as a table has them: each as often as it is there.

use super::row_keys::Key;
use std::collections::HashMap;

/// How often a row is there, by the hash of its values.
pub(super) type ByValues = HashMap<i64, u64>;

/// Rows, each with how often it is there.
#[derive(Debug, Default)]
pub(super) struct Rows {
    valid: HashMap<Key, ByValues>,
    /// By the hash of their text.
    rejected: HashMap<u64, u64>,
}

impl Rows {
    pub(super) fn add(&mut self, key: Key, values: i64) {
        *self.valid.entry(key).or_default().entry(values).or_default() += 1;
    }

    /// A row that its contract rejects, so that bronze does not have it.
    pub(super) fn add_rejected(&mut self, text: u64) {
        *self.rejected.entry(text).or_default() += 1;
    }

    /// Takes one of these rows out; false if there is none.
    pub(super) fn take(&mut self, key: Key, values: i64) -> bool {
        let Some(rows) = self.valid.get_mut(&key) else { return false };
        let taken = take_one(rows, values);
        if rows.is_empty() {
            self.valid.remove(&key);
        }
        taken
    }

    /// Takes one of the rejected rows out; false if there is none.
    pub(super) fn take_rejected(&mut self, text: u64) -> bool {
        take_one(&mut self.rejected, text)
    }

    /// The rows that are still there, without the rejected ones.
    pub(super) fn into_valid(self) -> HashMap<Key, ByValues> {
        self.valid
    }
}

fn take_one<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, u64>, key: K) -> bool {
    match counts.get_mut(&key) {
        None => false,
        Some(1) => counts.remove(&key).is_some(),
        Some(count) => {
            *count -= 1;
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_are_counted() {
        let mut rows = Rows::default();
        rows.add(1, 10);
        rows.add(1, 10);
        rows.add(1, 11);
        rows.add_rejected(5);
        assert!(rows.take(1, 10) && rows.take(1, 11) && !rows.take(1, 11) && !rows.take(2, 10));
        assert!(rows.take_rejected(5) && !rows.take_rejected(5));
        assert_eq!(rows.into_valid(), HashMap::from([(1, HashMap::from([(10, 1)]))]));
    }
}
