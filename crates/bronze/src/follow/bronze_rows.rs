//! Reads the rows that bronze has.

use super::changes::Changed;
use super::row_counts::Rows;
use super::row_keys::RowKeys;
use crate::check::columnar::row_hashes;
use crate::write::IS_DELETED;
use ingot_contract::Contract;
use ingot_core::error::{Context as _, Result};
use ingot_lake::arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, new_null_array};
use ingot_lake::arrow::compute::cast;
use ingot_lake::parquet::arrow::ProjectionMask;
use ingot_lake::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use ingot_lake::{DeltaTable, LiveFile};
use std::collections::HashMap;
use std::fs::File;

const BATCH_ROWS: usize = 8192;

/// The batches of a data file of bronze; with the columns of these names only, if any are given.
pub(super) fn read_bronze(file: &LiveFile, columns: Option<&[&str]>) -> Result<ParquetRecordBatchReader> {
    let doing = "read the bronze table's file";
    let input = File::open(&file.path).or_cannot_at("open the bronze table's file", &file.path)?;
    let mut builder = ParquetRecordBatchReaderBuilder::try_new(input).or_cannot_at(doing, &file.path)?;
    if let Some(columns) = columns {
        let fields = builder.schema().fields().clone();
        let chosen = fields.iter().enumerate().filter(|(_, field)| columns.contains(&field.name().as_str()));
        let mask = ProjectionMask::roots(builder.parquet_schema(), chosen.map(|(index, _)| index));
        builder = builder.with_projection(mask);
    }
    builder.with_batch_size(BATCH_ROWS).build().or_cannot_at(doing, &file.path)
}

/// The rows of bronze that are not deleted.
pub(super) fn bronze_rows(contract: &Contract, keys: &RowKeys, table: &DeltaTable) -> Result<Rows> {
    let mut rows = Rows::default();
    for file in table.files()? {
        for batch in read_bronze(&file, None)? {
            let batch = batch.or_cannot_at("read the bronze table", &file.path)?;
            let columns = contract_columns(contract, &batch, &file)?;
            let hashes = row_hashes(&columns, batch.num_rows());
            let deleted = deleted(&batch);
            for (row, key) in keys.of_rows(&columns, batch.num_rows()).into_iter().enumerate() {
                if !deleted(row) {
                    rows.add(key, hashes[row]);
                }
            }
        }
    }
    Ok(rows)
}

/// What becomes of a row of bronze.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// A newer row takes its place.
    Replaced,
    /// It stays as a tombstone.
    Deleted,
}

/// The rows of bronze that a version of the source replaces or deletes.
#[derive(Default)]
pub(super) struct Concerned {
    /// Files in which there are such rows: what becomes of each, by its place from 0.
    pub(super) files: Vec<(LiveFile, HashMap<u64, Fate>)>,
    pub(super) deleted: u64,
    /// Rows of primary keys that came with this version and are there more than once after it.
    pub(super) repeated: u64,
}

/// A row of bronze with a key that a version concerns.
struct Found {
    file: usize,
    row: u64,
    values: i64,
    is_tombstone: bool,
}

/// Finds the rows of bronze that a version concerns. A row that vanished from the source is replaced by one of its key that
/// came, or else deleted. Tombstones of a key that came again go.
pub(super) fn find_concerned(
    contract: &Contract,
    keys: &RowKeys,
    table: Option<&DeltaTable>,
    changed: &Changed,
) -> Result<Concerned> {
    let mut concerned = Concerned::default();
    let is_nothing = changed.arrived.is_empty() && changed.vanished.is_empty();
    let files = match table.filter(|_| !is_nothing) {
        Some(table) => table.files()?,
        None => Vec::new(),
    };
    // What only adds rows needs no more of bronze than the keys.
    let mut key_columns: Vec<&str> =
        keys.columns().iter().map(|index| contract.columns[*index].name.as_str()).collect();
    key_columns.push(IS_DELETED);
    let only = changed.vanished.is_empty().then_some(key_columns.as_slice());
    let mut found: HashMap<_, Vec<Found>> = HashMap::new();
    for (at, file) in files.iter().enumerate() {
        let mut first = 0;
        for batch in read_bronze(file, only)? {
            let batch = batch.or_cannot_at("read the bronze table", &file.path)?;
            let columns = contract_columns(contract, &batch, file)?;
            let hashes = row_hashes(&columns, batch.num_rows());
            let deleted = deleted(&batch);
            for (row, key) in keys.of_rows(&columns, batch.num_rows()).into_iter().enumerate() {
                if changed.concerns(key) {
                    let place = first + row as u64;
                    let row = Found { file: at, row: place, values: hashes[row], is_tombstone: deleted(row) };
                    found.entry(key).or_default().push(row);
                }
            }
            first += batch.num_rows() as u64;
        }
    }
    let mut fates: Vec<HashMap<u64, Fate>> = vec![HashMap::new(); files.len()];
    for (key, arrived) in &changed.arrived {
        if *arrived > 1 && !found.contains_key(key) {
            concerned.repeated += arrived;
        }
    }
    for (key, rows) in found {
        let arrived = changed.arrived_of(key);
        let (tombstones, live): (Vec<Found>, Vec<Found>) = rows.into_iter().partition(|row| row.is_tombstone);
        let stay = live.len() as u64;
        let going = match changed.vanished.get(&key) {
            Some(vanished) => going(live, vanished.clone()),
            None => Vec::new(),
        };
        let stay = stay - going.len() as u64 + arrived;
        if arrived > 0 {
            concerned.repeated += if stay > 1 { stay } else { 0 };
            for row in &tombstones {
                fates[row.file].insert(row.row, Fate::Replaced);
            }
        }
        for (row, place) in going.iter().zip(0..) {
            let fate = if place < arrived { Fate::Replaced } else { Fate::Deleted };
            concerned.deleted += u64::from(fate == Fate::Deleted);
            fates[row.file].insert(row.row, fate);
        }
    }
    concerned.files = files.into_iter().zip(fates).filter(|(_, fates)| !fates.is_empty()).collect();
    Ok(concerned)
}

/// Which of bronze's rows of one key are those that vanished: the equal ones, and if bronze has them in another form (it
/// was loaded under another contract), any others.
fn going(live: Vec<Found>, mut vanished: HashMap<i64, u64>) -> Vec<Found> {
    let mut wanted = vanished.values().sum::<u64>();
    let (mut equal, mut others) = (Vec::new(), Vec::new());
    for row in live {
        match vanished.get_mut(&row.values) {
            Some(count) if *count > 0 => {
                *count -= 1;
                wanted -= 1;
                equal.push(row);
            }
            _ => others.push(row),
        }
    }
    others.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    equal.extend(others);
    equal
}

/// The contract's columns of a batch of bronze. Those that it lacks are null.
fn contract_columns(contract: &Contract, batch: &RecordBatch, file: &LiveFile) -> Result<Vec<ArrayRef>> {
    contract
        .columns
        .iter()
        .map(|column| {
            let wanted = column.data_type.arrow();
            match batch.column_by_name(&column.name) {
                Some(found) if *found.data_type() == wanted => Ok(found.clone()),
                Some(found) => cast(found, &wanted).or_cannot_at("read the bronze table", &file.path),
                None => Ok(new_null_array(&wanted, batch.num_rows())),
            }
        })
        .collect()
}

/// Tells which rows of a batch are tombstones.
fn deleted(batch: &RecordBatch) -> impl Fn(usize) -> bool + use<> {
    let column = batch.column_by_name(IS_DELETED).and_then(|column| column.as_boolean_opt()).cloned();
    move |row| column.as_ref().is_some_and(|column| column.is_valid(row) && column.value(row))
}
