//! The rows of a statement.

use crate::failure::Failure;
use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::StreamReader;
use arrow::record_batch::RecordBatch;
use std::io::Cursor;

/// The result of a statement. A statement without a result has no schema.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub schema: Option<SchemaRef>,
    pub batches: Vec<RecordBatch>,
}

impl Answer {
    /// Adds the batches of a stream of Arrow IPC.
    pub(crate) fn add(&mut self, stream: &[u8]) -> Result<(), Failure> {
        let wrong = |error: arrow::error::ArrowError| Failure::Protocol(format!("rows in Arrow: {error}"));
        let reader = StreamReader::try_new(Cursor::new(stream), None).map_err(wrong)?;
        self.schema.get_or_insert_with(|| reader.schema());
        for batch in reader {
            let batch = batch.map_err(wrong)?;
            if batch.num_rows() > 0 {
                self.batches.push(batch);
            }
        }
        Ok(())
    }

    pub fn num_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}
