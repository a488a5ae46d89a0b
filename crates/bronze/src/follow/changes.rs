//! What a version of a followed table did to which rows.

use super::row_counts::{ByValues, Rows};
use super::row_keys::{Key, RowKeys};
use super::source_reader::SourceReader;
use crate::check::Checks;
use crate::intake::{FileFacts, Intake, RowCounts};
use crate::read::RowSink as _;
use crate::read_error::ReadError;
use crate::rejects::RejectBuffer;
use crate::row::Position;
use crate::write::Output;
use ingot_contract::{Contract, RawFile};
use ingot_lake::LiveFile;
use std::collections::HashMap;
use xxhash_rust::xxh3::xxh3_64;

/// What a version did.
#[derive(Default)]
pub(super) struct Changed {
    /// How many rows of each primary key are new or changed; empty without a primary key.
    pub(super) arrived: HashMap<Key, u64>,
    /// Rows that are not there any more as they were: changed or deleted.
    pub(super) vanished: HashMap<Key, ByValues>,
    /// Of the new and changed rows, without deletions.
    pub(super) counts: RowCounts,
}

impl Changed {
    pub(super) fn concerns(&self, key: Key) -> bool {
        self.arrived.contains_key(&key) || self.vanished.contains_key(&key)
    }

    /// How many rows went for which none of their key came.
    pub(super) fn deletions(&self) -> u64 {
        self.vanished
            .iter()
            .map(|(key, rows)| rows.values().sum::<u64>().saturating_sub(self.arrived_of(*key)))
            .sum()
    }

    pub(super) fn arrived_of(&self, key: Key) -> u64 {
        self.arrived.get(&key).copied().unwrap_or_default()
    }
}

/// Where the rows of a version go.
pub(super) struct Destination<'a> {
    pub(super) contract: &'a Contract,
    pub(super) checks: &'a Checks,
    pub(super) keys: &'a RowKeys,
    pub(super) source: &'a RawFile,
    /// What all rows have in common but the name of their file.
    pub(super) facts: FileFacts<'a>,
    pub(super) output: &'a mut Output,
    pub(super) rejects: &'a mut RejectBuffer,
}

/// Takes the rows of the added files that were not there `before`, and finds out which of those that were are gone.
pub(super) fn take_changes(
    reader: &SourceReader<'_>,
    mut before: Rows,
    added: &[&LiveFile],
    to: Destination<'_>,
) -> Result<Changed, ReadError> {
    let Destination { contract, checks, keys, source, facts, output, rejects } = to;
    let mut changed = Changed::default();
    for file in added {
        let name = format!("{}/{}", source.relative, file.relative);
        let facts = FileFacts { name: &name, ..facts };
        let mut intake = Intake::new(contract, checks, facts, output, rejects);
        reader.read(file, |mut batch| {
            let mut accepted = vec![false; batch.numbers.len()];
            for (row, accepted) in accepted.iter_mut().enumerate() {
                if let Some(reasons) = batch.faults.remove(&row) {
                    let text = batch.text(row);
                    if !before.take_rejected(xxh3_64(&text)) {
                        let number = batch.numbers[row] as u64;
                        let position = Position { row: number, line: None, byte_offset: None };
                        intake.bad_row(position, &text, reasons)?;
                    }
                } else if !before.take(batch.keys[row], batch.hashes[row]) {
                    *accepted = true;
                    if keys.is_primary() {
                        *changed.arrived.entry(batch.keys[row]).or_default() += 1;
                    }
                }
            }
            intake.accept_batch(batch.columns, batch.hashes.into(), batch.numbers.into(), &accepted)
        })?;
        let (counts, _) = intake.finish()?;
        changed.counts += counts;
    }
    changed.vanished = before.into_valid();
    Ok(changed)
}
