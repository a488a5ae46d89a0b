//! Where accepted rows go: Parquet data files of one partition of the table, each ended at a size that readers like.
//! Nobody sees them before the table's commit.

use super::tombstones::with_columns_of;
use super::value_sample::values_of;
use ingot_core::error::{Context as _, Result};
use ingot_core::fs::{Flushing, begin_to_flush, start_writing_out};
use ingot_lake::arrow::array::RecordBatch;
use ingot_lake::arrow::datatypes::SchemaRef;
use ingot_lake::{DataFileWriter, NewFile, SpareThreads};
use std::path::PathBuf;
use std::sync::Arc;

/// A data file is ended once it has this many bytes.
const FILE_BYTES: usize = 128 << 20;
/// A data file as large as this is forced to the disk while the next is written. Small ones only start on their way; they are
/// forced there together, before the commit.
const FLUSHED_EARLY: u64 = 32 << 20;

/// The data files of one group of raw files, which share their partition.
pub(crate) struct Output {
    /// `None` for a dry run, which writes nothing.
    table: Option<PathBuf>,
    /// The beginning of each file's name: unique to the run and the group.
    prefix: String,
    partition_values: Vec<(String, Option<String>)>,
    /// The columns of the batches that are written.
    schema: SchemaRef,
    /// The columns of the data files, where they differ.
    file_schema: Option<SchemaRef>,
    writer: Option<DataFileWriter>,
    done: Vec<NewFile>,
    flushing: Vec<Flushing>,
    /// Who helps to encode the data files.
    spare: Option<Arc<dyn SpareThreads>>,
    /// Batches that are kept for another output instead of being written.
    kept: Option<Vec<RecordBatch>>,
}

impl Output {
    pub(crate) fn new(
        table: Option<PathBuf>,
        prefix: String,
        partition_values: Vec<(String, Option<String>)>,
        schema: SchemaRef,
    ) -> Self {
        Self {
            table,
            prefix,
            partition_values,
            schema,
            file_schema: None,
            writer: None,
            done: Vec::new(),
            flushing: Vec::new(),
            spare: None,
            kept: None,
        }
    }

    /// Threads that help to encode the data files when they have time.
    pub(crate) fn helped_by(mut self, spare: Arc<dyn SpareThreads>) -> Self {
        self.spare = Some(spare);
        self
    }

    /// Batches have these columns, and those of the data files are made from them: for followed tables, whose columns grow
    /// and which mark deleted rows.
    pub(crate) fn taking_batches_of(mut self, batches: SchemaRef) -> Self {
        self.file_schema = Some(std::mem::replace(&mut self.schema, batches));
        self
    }

    /// An output that keeps batches of these columns in memory.
    pub(crate) fn keeping(schema: SchemaRef) -> Self {
        Self { kept: Some(Vec::new()), ..Self::new(None, String::new(), Vec::new(), schema) }
    }

    /// The batches that were kept.
    pub(crate) fn into_kept(self) -> Vec<RecordBatch> {
        self.kept.unwrap_or_default()
    }

    /// An output for the same batches that writes nothing.
    pub(crate) fn like_dry(&self) -> Self {
        Self::new(None, String::new(), self.partition_values.clone(), self.schema.clone())
    }

    /// The columns of every batch.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if let Some(kept) = &mut self.kept {
            kept.push(batch.clone());
        }
        let Some(table) = &self.table else { return Ok(()) };
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let completed;
        let batch = match &self.file_schema {
            Some(schema) => {
                completed =
                    with_columns_of(batch, schema, 0, |_| false).or_cannot("add columns to accepted rows")?;
                &completed
            }
            None => batch,
        };
        if self.writer.is_none() {
            let name = format!("{}-{}.parquet", self.prefix, self.done.len());
            let mut writer = DataFileWriter::create(
                table,
                &name,
                self.partition_values.clone(),
                batch.schema(),
                &values_of(batch),
            )?;
            if let Some(spare) = &self.spare {
                writer = writer.helped_by(spare.clone());
            }
            self.writer = Some(writer);
        }
        if let Some(writer) = &mut self.writer {
            writer.write(batch)?;
            if writer.size() >= FILE_BYTES {
                self.end_file()?;
            }
        }
        Ok(())
    }

    fn end_file(&mut self) -> Result<()> {
        if let Some(writer) = self.writer.take() {
            let file = writer.finish()?;
            if let Some(table) = &self.table {
                let path = table.join(&file.relative);
                if file.bytes >= FLUSHED_EARLY {
                    self.flushing.push(begin_to_flush(path));
                } else {
                    start_writing_out(&path);
                }
            }
            self.done.push(file);
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Vec<NewFile>> {
        self.end_file()?;
        self.flushing.into_iter().try_for_each(Flushing::wait)?;
        Ok(self.done)
    }

    /// Removes what was written. A file that cannot be removed now is removed by the next run.
    pub(crate) fn discard(mut self) {
        if self.end_file().is_ok()
            && let Some(table) = &self.table
        {
            for file in &self.done {
                let _ = std::fs::remove_file(table.join(&file.relative));
            }
        }
    }
}
