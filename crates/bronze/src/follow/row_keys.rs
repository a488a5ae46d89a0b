//! What tells the rows of a followed table apart.

use crate::check::columnar::HashedColumn;
use ingot_contract::Contract;
use ingot_lake::arrow::array::ArrayRef;
use xxhash_rust::xxh3::xxh3_128;

/// A row's primary key, hashed to 128 bits, so that no two keys of a table collide. Without a primary key: all its values.
pub(super) type Key = u128;

/// Which of the contract's columns make the key.
pub(super) struct RowKeys {
    columns: Vec<usize>,
    is_primary: bool,
}

impl RowKeys {
    pub(super) fn of(contract: &Contract) -> Self {
        let columns: Vec<usize> = contract
            .primary_key()
            .iter()
            .filter_map(|column| contract.column(&column.name).map(|(index, _)| index))
            .collect();
        let is_primary = !columns.is_empty();
        Self { columns: if is_primary { columns } else { (0..contract.columns.len()).collect() }, is_primary }
    }

    /// Whether the contract names a primary key. If not, a row that changes is one that goes and another that comes.
    pub(super) fn is_primary(&self) -> bool {
        self.is_primary
    }

    /// Indexes of the key's columns among the contract's.
    pub(super) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The keys of rows, from their columns in the contract's order.
    pub(super) fn of_rows(&self, columns: &[ArrayRef], rows: usize) -> Vec<Key> {
        let columns: Vec<_> = self.columns.iter().map(|index| HashedColumn::of(&columns[*index])).collect();
        let mut buffer = Vec::new();
        (0..rows)
            .map(|row| {
                buffer.clear();
                for column in &columns {
                    column.push(&mut buffer, row);
                }
                xxh3_128(&buffer)
            })
            .collect()
    }
}
