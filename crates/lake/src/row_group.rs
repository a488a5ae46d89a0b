//! A row group in the making, whose columns are encoded by as many threads as can be had.
//!
//! The bytes do not depend on the threads: each column is encoded on its own, in the order of the batches.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::FieldRef;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::errors::{ParquetError, Result};
use parquet::file::writer::SerializedFileWriter;
use std::cmp::Reverse;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::{mem, thread};

/// Threads that have nothing else to do, and can be had for a moment.
pub trait SpareThreads: Send + Sync {
    /// Takes as many as there are, at most `most`, and returns how many.
    fn take(&self, most: usize) -> usize;

    /// Gives back what [`SpareThreads::take`] gave.
    fn give_back(&self, taken: usize);
}

/// Spare threads, until this is dropped.
struct Taken<'s> {
    from: &'s dyn SpareThreads,
    count: usize,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.from.give_back(self.count);
    }
}

/// Rows that wait to be encoded together, at most: enough that a thread is worth its start.
const LOT_ROWS: usize = 16 * 1024;
const LOT_BYTES: usize = 16 << 20;

pub(crate) struct RowGroup {
    columns: Vec<Column>,
    rows: usize,
    waiting_rows: usize,
}

/// A column of the batches: one column of the file, or several if it is nested.
struct Column {
    field: FieldRef,
    leaves: Vec<ArrowColumnWriter>,
    waiting: Vec<ArrayRef>,
    waiting_bytes: usize,
    chunks: Vec<ArrowColumnChunk>,
}

impl RowGroup {
    /// The next row group of the file, whose batches have these columns.
    pub(crate) fn new<W: Write + Send>(
        file: &SerializedFileWriter<W>,
        factory: &ArrowRowGroupWriterFactory,
        fields: &[FieldRef],
    ) -> Result<Self> {
        let mut columns: Vec<_> = fields
            .iter()
            .map(|field| Column {
                field: field.clone(),
                leaves: Vec::new(),
                waiting: Vec::new(),
                waiting_bytes: 0,
                chunks: Vec::new(),
            })
            .collect();
        let writers = factory.create_column_writers(file.flushed_row_groups().len())?;
        for (leaf, writer) in writers.into_iter().enumerate() {
            columns[file.schema_descr().get_column_root_idx(leaf)].leaves.push(writer);
        }
        Ok(Self { columns, rows: 0, waiting_rows: 0 })
    }

    /// Rows so far.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Takes the rows of a batch, and encodes them: at once, or later with others if there are spare threads.
    pub(crate) fn write(&mut self, batch: &RecordBatch, spare: Option<&dyn SpareThreads>) -> Result<()> {
        if batch.num_columns() != self.columns.len() {
            let counts = format!("{} columns instead of {}", batch.num_columns(), self.columns.len());
            return Err(ParquetError::General(counts));
        }
        self.rows += batch.num_rows();
        self.waiting_rows += batch.num_rows();
        for (column, array) in self.columns.iter_mut().zip(batch.columns()) {
            column.waiting_bytes +=
                array.to_data().get_slice_memory_size().unwrap_or_else(|_| array.get_array_memory_size());
            column.waiting.push(array.clone());
        }
        let waiting_bytes: usize = self.columns.iter().map(|column| column.waiting_bytes).sum();
        let is_lot = self.waiting_rows >= LOT_ROWS || waiting_bytes >= LOT_BYTES;
        match spare {
            Some(_) if !is_lot => Ok(()),
            spare => self.encode(spare),
        }
    }

    fn encode(&mut self, spare: Option<&dyn SpareThreads>) -> Result<()> {
        self.waiting_rows = 0;
        each(&mut self.largest_first(), spare, |column| column.encode())
    }

    /// The columns in an order that ends soonest: no thread begins with a large one when the others are done.
    fn largest_first(&mut self) -> Vec<&mut Column> {
        let mut columns: Vec<_> = self.columns.iter_mut().collect();
        columns.sort_by_key(|column| Reverse(column.waiting_bytes));
        columns
    }

    /// Bytes that the rows encoded so far will have on disk, about.
    pub(crate) fn size(&self) -> usize {
        let leaves = self.columns.iter().flat_map(|column| &column.leaves);
        leaves.map(ArrowColumnWriter::get_estimated_total_bytes).sum()
    }

    /// Ends the row group and writes it.
    pub(crate) fn end<W: Write + Send>(
        mut self,
        file: &mut SerializedFileWriter<W>,
        spare: Option<&dyn SpareThreads>,
    ) -> Result<()> {
        each(&mut self.largest_first(), spare, |column| {
            column.encode()?;
            let closed = mem::take(&mut column.leaves).into_iter().map(ArrowColumnWriter::close);
            column.chunks = closed.collect::<Result<_>>()?;
            Ok(())
        })?;
        let mut row_group = file.next_row_group()?;
        for chunk in self.columns.into_iter().flat_map(|column| column.chunks) {
            chunk.append_to_row_group(&mut row_group)?;
        }
        row_group.close().map(drop)
    }
}

impl Column {
    fn encode(&mut self) -> Result<()> {
        self.waiting_bytes = 0;
        for array in mem::take(&mut self.waiting) {
            for (leaf, writer) in compute_leaves(&self.field, &array)?.iter().zip(&mut self.leaves) {
                writer.write(leaf)?;
            }
        }
        Ok(())
    }
}

/// Does the work on each item, in their order, with spare threads beside this one.
fn each<T: Send>(
    items: &mut [T],
    spare: Option<&dyn SpareThreads>,
    work: impl Fn(&mut T) -> Result<()> + Sync,
) -> Result<()> {
    let most = items.len().saturating_sub(1);
    let taken = spare.map(|from| Taken { from, count: from.take(most) });
    let helpers = taken.as_ref().map_or(0, |taken| taken.count);
    if helpers == 0 {
        return items.iter_mut().try_for_each(work);
    }
    let next = Mutex::new(items.iter_mut());
    let work_on = || {
        loop {
            // The lock is free again before the work begins.
            let item = next.lock().unwrap_or_else(PoisonError::into_inner).next();
            match item {
                Some(item) => work(item)?,
                None => return Ok(()),
            }
        }
    };
    thread::scope(|scope| {
        let started: Vec<_> = (0..helpers)
            // If the system has no more threads, this one does the work.
            .filter_map(|_| {
                thread::Builder::new().name("load-encoder".to_owned()).spawn_scoped(scope, work_on).ok()
            })
            .collect();
        let mine = work_on();
        started.into_iter().fold(mine, |so_far, helper| match helper.join() {
            Ok(theirs) => so_far.and(theirs),
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Three(AtomicUsize);

    impl SpareThreads for Three {
        fn take(&self, most: usize) -> usize {
            let taken = most.min(self.0.load(Ordering::Relaxed));
            self.0.fetch_sub(taken, Ordering::Relaxed);
            taken
        }

        fn give_back(&self, taken: usize) {
            self.0.fetch_add(taken, Ordering::Relaxed);
        }
    }

    #[test]
    fn threads_are_given_back_and_errors_come_out() {
        let spare = Three(AtomicUsize::new(3));
        let mut items: Vec<u32> = (0..100).collect();
        each(&mut items, Some(&spare), |item| {
            *item += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(items, (1..101).collect::<Vec<_>>());
        let failed = each(&mut items, Some(&spare), |item| match *item {
            77 => Err(ParquetError::General("77".to_owned())),
            _ => Ok(()),
        });
        assert!(failed.is_err());
        assert_eq!(spare.0.load(Ordering::Relaxed), 3);
    }
}
