//! Which rows a table should have, according to its log, and which its intact data files have.
//!
//! The rows of one raw file in one commit share their `src_filename` and `ingestion_ts`; within them, `src_row_number` is
//! unique.

use super::filter_rows::{as_type, texts};
use crate::commit::{Delivery, LoadedFiles};
use ingot_core::error::{Context as _, Error, Result};
use ingot_lake::arrow::array::{Array as _, Int64Array, RecordBatch};
use ingot_lake::arrow::datatypes::DataType;
use ingot_lake::parquet::arrow::ProjectionMask;
use ingot_lake::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ingot_lake::{DeltaTable, LiveFile};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;

/// A raw file in one commit: its path, and the time of the commit in microseconds since 1970.
pub(super) type Delivered = (String, i64);

/// What the log says of a delivery that the table has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) rows: u64,
    /// Of the raw file; `None` for rows that a replay loaded.
    pub(super) hash: Option<String>,
}

/// What the table should have.
pub(super) fn expected_rows(table: &DeltaTable) -> Result<BTreeMap<Delivered, Expected>> {
    let loaded = LoadedFiles::of(table)?;
    let present = loaded.earlier.iter().chain(loaded.files.values()).filter(|delivery| !delivery.undone);
    let mut expected: BTreeMap<Delivered, Expected> = BTreeMap::new();
    for delivery in present.clone() {
        let rows = Expected { rows: delivery.file.accepted, hash: Some(delivery.file.hash.clone()) };
        expected.insert((delivery.file.path.clone(), delivery.at), rows);
    }
    for record in &loaded.changing_commits {
        for replayed in &record.replayed {
            let is_of = |delivery: &&Delivery| {
                delivery.key == replayed.rejects && delivery.file.path == replayed.file
            };
            let Some(delivery) = present.clone().find(is_of) else { continue };
            let rows = replayed.rows.len() as u64;
            // The delivery counts them among its own, and they are in the table with the time of the replay.
            if let Some(of_delivery) = expected.get_mut(&(delivery.file.path.clone(), delivery.at)) {
                of_delivery.rows = of_delivery.rows.saturating_sub(rows);
            }
            let of_replay = expected
                .entry((replayed.file.clone(), record.ingestion_ts))
                .or_insert(Expected { rows: 0, hash: None });
            of_replay.rows += rows;
        }
    }
    Ok(expected)
}

/// The numbers of the rows that data files have, by delivery.
pub(super) type RowNumbers = HashMap<Delivered, HashSet<i64>>;

pub(super) fn rows_of(files: &[LiveFile]) -> Result<RowNumbers> {
    let mut found = RowNumbers::new();
    for file in files {
        let task = "read the data file";
        let input = File::open(&file.path).or_cannot_at(task, &file.path)?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(input).or_cannot_at(task, &file.path)?;
        let fields = builder.schema().fields().clone();
        let audit = ["src_filename", "src_row_number", "ingestion_ts"];
        let chosen = fields.iter().enumerate().filter(|(_, field)| audit.contains(&field.name().as_str()));
        let mask = ProjectionMask::roots(builder.parquet_schema(), chosen.map(|(index, _)| index));
        for batch in builder.with_projection(mask).build().or_cannot_at(task, &file.path)? {
            let batch = batch.or_cannot_at(task, &file.path)?;
            let rows = RowPlaces::of(&batch).map_err(|error| error.at(&file.path))?;
            for row in 0..batch.num_rows() {
                let (delivered, number) = rows.place(row);
                match found.get_mut(&delivered) {
                    Some(numbers) => drop(numbers.insert(number)),
                    None => drop(found.insert(delivered, HashSet::from([number]))),
                }
            }
        }
    }
    Ok(found)
}

/// Where the rows of a batch came from.
pub(super) struct RowPlaces {
    files: ingot_lake::arrow::array::StringArray,
    times: Int64Array,
    numbers: Int64Array,
}

impl RowPlaces {
    pub(super) fn of(batch: &RecordBatch) -> Result<Self> {
        let integers = |name: &str| -> Result<Int64Array> {
            let column = as_type(batch, name, &DataType::Int64)?;
            let integers = column.as_any().downcast_ref::<Int64Array>();
            integers.cloned().ok_or_else(|| Error::defect(format!("the column '{name}' is not of integers")))
        };
        Ok(Self {
            files: texts(batch, "src_filename")?,
            times: integers("ingestion_ts")?,
            numbers: integers("src_row_number")?,
        })
    }

    pub(super) fn place(&self, row: usize) -> (Delivered, i64) {
        ((self.files.value(row).to_owned(), self.times.value(row)), self.numbers.value(row))
    }
}
