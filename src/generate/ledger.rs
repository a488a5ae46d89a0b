//! The ledger: every defect that was put into the data, so that what bronze rejects and silver flags
//! can be checked against the truth. One Parquet file beside the data.

use super::anomalies::Anomaly;
use super::write::{OutputFile, cannot_write};
use crate::error::{Context as _, Result};
use arrow::array::{ArrayRef, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The ledger's folder, beside the feeds. Its name begins with `_`, so no reader takes it for data.
pub const FOLDER: &str = "_ledger";
/// The ledger of the first window.
pub const FILE: &str = "ledger.parquet";

const COLUMNS: [&str; 7] = ["feed", "file", "row_key", "column", "code", "written_value", "caught_at"];

/// One defect in one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub anomaly: &'static Anomaly,
    /// Relative to the raw folder, with `/`.
    pub file: Arc<str>,
    /// The primary key as text, its parts joined by `|`; `line:N` where a row has no key to read.
    pub row_key: String,
    /// What stands in the file.
    pub written_value: String,
}

/// Writes the ledger as entries come, so that it never is in memory as a whole.
pub struct LedgerWriter {
    writer: ArrowWriter<OutputFile>,
    schema: SchemaRef,
    path: PathBuf,
}

impl LedgerWriter {
    pub fn create(raw_folder: &Path, file: &str) -> Result<Self> {
        let path = raw_folder.join(FOLDER).join(file);
        let schema =
            Arc::new(Schema::new(COLUMNS.map(|name| Field::new(name, DataType::Utf8, false)).to_vec()));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
            .set_max_row_group_row_count(Some(64 * 1024))
            .set_created_by("ingot".to_owned())
            .build();
        let writer = ArrowWriter::try_new(OutputFile::create(&path)?, schema.clone(), Some(properties))
            .doing_to("starting the ledger", &path)?;
        Ok(Self { writer, schema, path })
    }

    pub fn write(&mut self, entries: &[Entry]) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let column = |value: &dyn Fn(&Entry) -> &str| -> ArrayRef {
            let mut builder = StringBuilder::new();
            entries.iter().for_each(|entry| builder.append_value(value(entry)));
            Arc::new(builder.finish())
        };
        let columns = vec![
            column(&|entry| entry.anomaly.feed),
            column(&|entry| &entry.file),
            column(&|entry| &entry.row_key),
            column(&|entry| entry.anomaly.column),
            column(&|entry| entry.anomaly.code),
            column(&|entry| &entry.written_value),
            column(&|entry| entry.anomaly.caught_at.name()),
        ];
        let batch =
            RecordBatch::try_new(self.schema.clone(), columns).doing_to("writing the ledger", &self.path)?;
        self.writer.write(&batch).doing_to("writing the ledger", &self.path)
    }

    pub fn finish(self) -> Result<()> {
        let output = self
            .writer
            .into_inner()
            .map_err(|error| cannot_write(&self.path, std::io::Error::other(error)))?;
        output.finish().map(drop)
    }
}
