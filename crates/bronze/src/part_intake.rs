//! The rows of a big file, taken in parts on several threads: each part is checked into batches and rejects of its own, which
//! the file's [`Intake`] then takes with their right row numbers.

use crate::check::Checks;
use crate::intake::{FileFacts, Intake, PartNotes, RowCounts, batch_error};
use crate::read::{Before, PartSinks, ReadInto};
use crate::read_error::ReadError;
use crate::rejects::RejectBuffer;
use crate::write::Output;
use ingot_contract::Contract;
use ingot_lake::arrow::array::{ArrayRef, AsArray as _, Int64Array, RecordBatch};
use ingot_lake::arrow::datatypes::{Int64Type, SchemaRef};
use std::sync::Arc;

/// Sinks for the parts of one file.
pub(crate) struct PartIntakes<'a> {
    pub(crate) contract: &'a Contract,
    /// Those of `contract`.
    pub(crate) checks: &'a Checks,
    pub(crate) facts: FileFacts<'a>,
    /// The columns of the batches.
    pub(crate) schema: SchemaRef,
}

/// What a part gave. Its rows and lines are counted from its beginning.
pub(crate) struct PartRows {
    counts: RowCounts,
    notes: PartNotes,
    batches: Vec<RecordBatch>,
    rejects: RejectBuffer,
}

impl<'a> PartSinks<Intake<'a>> for PartIntakes<'_> {
    type Part = PartRows;

    fn read(&self, rows: impl ReadInto) -> Result<PartRows, ReadError> {
        let mut output = Output::keeping(self.schema.clone());
        let mut rejects = RejectBuffer::default();
        let mut intake = Intake::new(self.contract, self.checks, self.facts, &mut output, &mut rejects);
        rows.read_into(&mut intake)?;
        let (counts, notes) = intake.finish_part()?;
        Ok(PartRows { counts, notes, batches: output.into_kept(), rejects })
    }

    fn hand_over(&self, part: PartRows, before: Before, intake: &mut Intake<'a>) -> Result<(), ReadError> {
        let PartRows { counts, notes, mut batches, rejects } = part;
        for batch in batches.iter_mut().filter(|_| before.rows > 0) {
            *batch = renumbered(batch, before.rows)?;
        }
        rejects.drain(|mut reject| {
            reject.position.row += before.rows;
            reject.position.line = reject.position.line.map(|line| line + before.lines);
            intake.add_reject(reject)
        })?;
        intake.add_part(counts, notes, &batches)
    }
}

/// The batch with row numbers that are so much greater.
fn renumbered(batch: &RecordBatch, by: u64) -> Result<RecordBatch, ReadError> {
    let place = batch.schema_ref().index_of("src_row_number").map_err(batch_error)?;
    let numbers = batch.column(place).as_primitive::<Int64Type>();
    let numbers: Int64Array = numbers.unary(|number| number + by as i64);
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    columns[place] = Arc::new(numbers);
    RecordBatch::try_new(batch.schema(), columns).map_err(batch_error)
}
