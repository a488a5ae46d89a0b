//! Writes bronze's own files again: without the rows that a version replaced, with tombstones for those that it deleted.

use super::bronze_rows::{Concerned, Fate, read_bronze};
use crate::write::{Output, with_columns_of};
use ingot_core::error::{Context as _, Result};
use ingot_lake::LiveFile;
use ingot_lake::arrow::array::BooleanArray;
use ingot_lake::arrow::compute::filter_record_batch;

/// Writes the files that the version concerns into `kept`, and returns these files, which the commit must remove.
/// `deleted_at` is in microseconds since 1970.
pub(super) fn rewrite(concerned: Concerned, deleted_at: i64, kept: &mut Output) -> Result<Vec<LiveFile>> {
    let mut removed = Vec::new();
    for (file, fates) in concerned.files {
        let mut first = 0;
        for batch in read_bronze(&file, None)? {
            let batch = batch.or_cannot_at("read the bronze table", &file.path)?;
            let rows = batch.num_rows() as u64;
            let fate = |row: u64| fates.get(&(first + row)).copied();
            let deletes = |row: usize| fate(row as u64) == Some(Fate::Deleted);
            let batch = with_columns_of(&batch, kept.schema(), deleted_at, deletes)
                .or_cannot_at("rewrite the file", &file.path)?;
            let stays: BooleanArray = (0..rows).map(|row| Some(fate(row) != Some(Fate::Replaced))).collect();
            kept.write(&filter_record_batch(&batch, &stays).or_cannot_at("rewrite the file", &file.path)?)?;
            first += rows;
        }
        removed.push(file);
    }
    Ok(removed)
}
