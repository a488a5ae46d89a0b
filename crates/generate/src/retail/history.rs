//! What a thing of a dimension truly was, version by version: the history that a snapshot over the
//! delivered files has to find. A table of the ledger for each of the two feeds that change.

use super::world::World;
use crate::calendar::Day;
use crate::cell::Record;
use crate::ledger::{Delivery, LedgerFile};
use crate::write::parquet::{BatchTable, Rows};
use arrow::array::{ArrayRef, Date32Builder, Int32Builder, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field};
use ingot_contract::Contract;
use ingot_core::error::Result;
use std::path::Path;
use std::sync::Arc;

/// The day from which a thing was as the row says; it ends where the next version of the same key begins.
pub(crate) struct Version<'r, R> {
    pub(crate) row: &'r R,
    pub(crate) valid_from: Day,
    /// Whether this version is in the delivered file; otherwise it was over before a delivery could show it.
    pub(crate) delivered: bool,
    /// The defect of the delivered row.
    pub(crate) defect: Option<&'static str>,
}

/// How the rows of a history are made.
pub(crate) struct HistoryTable<R>(BatchTable<R>);

impl<R: Record> HistoryTable<R> {
    /// With these of the contract's columns.
    pub(crate) fn new(contract: &Contract, columns: &[&str]) -> Result<Self> {
        BatchTable::new(contract, |column| columns.contains(&column.name.as_str())).map(Self)
    }

    /// A file `history_<feed>` of the delivery.
    pub(crate) fn create(&self, out: &Path, feed: &str, delivery: &Delivery) -> Result<HistoryFile<'_, R>> {
        let mut fields: Vec<Field> =
            self.0.schema.fields().iter().map(|field| field.as_ref().clone()).collect();
        fields.push(Field::new("valid_from", DataType::Date32, false));
        fields.push(Field::new("delivery", DataType::Int32, true));
        fields.push(Field::new("defect_code", DataType::Utf8, true));
        Ok(HistoryFile {
            rows: self.0.rows(),
            file: LedgerFile::create(out, &delivery.file_of(&format!("history_{feed}")), fields)?,
            delivery: delivery.number,
            valid_from: Date32Builder::new(),
            delivered: Int32Builder::new(),
            defect: StringBuilder::new(),
        })
    }
}

/// A history in the making.
pub(crate) struct HistoryFile<'t, R> {
    rows: Rows<'t, R>,
    file: LedgerFile,
    delivery: i32,
    valid_from: Date32Builder,
    delivered: Int32Builder,
    defect: StringBuilder,
}

impl<R: Record> HistoryFile<'_, R> {
    pub(crate) fn write(&mut self, version: &Version<'_, R>) -> Result<()> {
        self.valid_from.append_value(version.valid_from);
        self.delivered.append_option(version.delivered.then_some(self.delivery));
        self.defect.append_option(version.defect);
        match self.rows.push(version.row)? {
            Some(batch) => self.write_batch(&batch),
            None => Ok(()),
        }
    }

    fn write_batch(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
        columns.push(Arc::new(self.valid_from.finish()));
        columns.push(Arc::new(self.delivered.finish()));
        columns.push(Arc::new(self.defect.finish()));
        self.file.write_columns(columns)
    }

    pub(crate) fn finish(mut self) -> Result<()> {
        if let Some(batch) = self.rows.take()? {
            self.write_batch(&batch)?;
        }
        self.file.finish()
    }
}

/// Which of a thing's versions, given by the days on which they begin (in their order, the first when it came into the
/// world), a delivery has to tell: those that began since the delivery before, and of the first delivery also the
/// one that its window began with. Each with whether it is the one that the delivery shows.
pub(crate) fn versions_to_tell(world: &World, begins: &[Day]) -> Vec<(Day, bool)> {
    let as_of = world.as_of();
    // The version that holds on this day, and all later ones.
    let since = match world.windows.len() {
        1 => {
            let first = world.window().start;
            begins.iter().copied().filter(|day| *day <= first).max().unwrap_or(Day::MIN)
        }
        _ => world.window().start,
    };
    let shown = begins.iter().copied().filter(|day| *day <= as_of).max();
    let told = begins.iter().copied().filter(|day| (since..=as_of).contains(day));
    told.map(|day| (day, Some(day) == shown)).collect()
}
