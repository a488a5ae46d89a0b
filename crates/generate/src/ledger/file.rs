//! One table of the ledger: a Parquet file that is written as its rows come, so that it is never in memory as a
//! whole.

use super::delivery::FOLDER;
use crate::write::OutputFile;
use crate::write::parquet::writing_failed;
use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Fields, Schema, SchemaRef};
use ingot_core::error::{Context as _, Result};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of a row group: what a writer holds in memory.
const GROUP_ROWS: usize = 64 * 1024;

/// A kind of row.
pub(crate) trait Row: Sized {
    /// What the file's name begins with.
    const TABLE: &'static str;
    fn fields() -> Vec<Field>;
    /// In the order of the fields; `delivery` is the number of the run's window.
    fn columns(rows: &[Self], delivery: i32) -> Vec<ArrayRef>;
}

/// A table of the ledger in the making.
pub(crate) struct LedgerFile {
    writer: ArrowWriter<OutputFile>,
    schema: SchemaRef,
    path: PathBuf,
}

impl LedgerFile {
    /// `name` is that of the file in the ledger's folder.
    pub(crate) fn create(raw_folder: &Path, name: &str, fields: impl Into<Fields>) -> Result<Self> {
        let path = raw_folder.join(FOLDER).join(name);
        let schema = Arc::new(Schema::new(fields));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_created_by("ingot".to_owned())
            .build();
        let writer = ArrowWriter::try_new(OutputFile::create(&path)?, schema.clone(), Some(properties))
            .or_cannot_at("start the ledger", &path)?;
        Ok(Self { writer, schema, path })
    }

    pub(crate) fn write_columns(&mut self, columns: Vec<ArrayRef>) -> Result<()> {
        let batch = RecordBatch::try_new(self.schema.clone(), columns)
            .or_cannot_at("write the ledger", &self.path)?;
        self.writer.write(&batch).map_err(|error| writing_failed(&self.path, error))
    }

    pub(crate) fn finish(mut self) -> Result<()> {
        self.writer.finish().map_err(|error| writing_failed(&self.path, error))?;
        self.writer.inner_mut().finish().map(drop)
    }
}

pub(crate) fn texts<'a, R: 'a>(rows: &'a [R], value: impl Fn(&'a R) -> &'a str) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(rows.iter().map(value)))
}

pub(crate) fn numbers<R>(rows: &[R], value: impl Fn(&R) -> Option<i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter(rows.iter().map(value)))
}

/// The same small number in every row.
pub(crate) fn constant<R>(rows: &[R], value: i32) -> ArrayRef {
    Arc::new(Int32Array::from_value(value, rows.len()))
}
