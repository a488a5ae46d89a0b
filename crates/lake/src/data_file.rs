//! Writing one Parquet data file of a table, with the statistics its `add` action will carry.
//!
//! A data file becomes part of its table only through a commit; until then no reader sees it.

use crate::file_hash::{HashingFile, hash_of_file};
use crate::row_group::{RowGroup, SpareThreads};
use crate::statistics;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use ingot_core::error::{Context as _, Result};
use ingot_core::hive;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, ArrowWriter, ArrowWriterOptions};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of one row group. Big enough for good compression, small enough to be held in memory.
const ROWS_OF_A_ROW_GROUP: usize = 256 * 1024;

/// What is known of a column's values beforehand, so that no encoding is tried on them in vain.
///
/// Only encodings that the readers of clusters know are used. BYTE_STREAM_SPLIT, which makes fractions a fifth smaller, is not among
/// them: Spark up to 4.1 refuses it (<https://issues.apache.org/jira/browse/SPARK-56894>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// They hardly ever repeat: a dictionary would hold them all.
    Unlike,
    /// They look random: neither a dictionary nor compression makes them smaller, and nobody looks for a range of them.
    Random,
    /// They count up: kept as differences, which need no compression.
    Counting,
    /// Whole numbers near the ones before them: kept as differences, and compressed.
    Near,
    /// They are all the same: a dictionary of one, which needs no compression.
    Same,
}

/// A data file that is in the table's folder and not committed yet.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// Relative to the table's folder, with `/`.
    pub relative: String,
    /// In the order of the table's partition columns; `None` is null.
    pub partition_values: Vec<(String, Option<String>)>,
    pub bytes: u64,
    pub rows: u64,
    /// Delta's JSON text.
    pub statistics: String,
    /// Milliseconds since 1970; `None` takes the time of the commit.
    pub modified: Option<i64>,
    /// XXH3-128 of its bytes, hexadecimal. The commit keeps it, so that damage is noticed; `None` keeps none.
    pub hash: Option<String>,
}

impl NewFile {
    /// A Parquet file that another program has written below the table's folder, with the columns in it.
    ///
    /// # Errors
    /// It is not there, or is not a Parquet file.
    pub fn written(
        table: &Path,
        relative: &str,
        partition_values: Vec<(String, Option<String>)>,
    ) -> Result<(Self, SchemaRef)> {
        let path = table.join(relative);
        let file = File::open(&path).or_cannot_at("open the data file", &path)?;
        let bytes = file.metadata().or_cannot_at("read the file", &path)?.len();
        let reader =
            ParquetRecordBatchReaderBuilder::try_new(file).or_cannot_at("read the data file", &path)?;
        let metadata = reader.metadata();
        let file = Self {
            relative: relative.to_owned(),
            partition_values,
            bytes,
            rows: u64::try_from(metadata.file_metadata().num_rows()).unwrap_or_default(),
            statistics: statistics::of_file(metadata, reader.schema()),
            modified: None,
            hash: Some(hash_of_file(&path)?),
        };
        Ok((file, reader.schema().clone()))
    }
}

/// Writes batches into one Parquet file under a table's folder.
pub struct DataFileWriter {
    writer: SerializedFileWriter<HashingFile>,
    row_groups: ArrowRowGroupWriterFactory,
    /// The row group in the making.
    open: Option<RowGroup>,
    spare: Option<Arc<dyn SpareThreads>>,
    path: PathBuf,
    relative: String,
    partition_values: Vec<(String, Option<String>)>,
    schema: SchemaRef,
    rows: u64,
}

impl DataFileWriter {
    /// Creates `<table>/<partition folders>/<name>`. `schema` is that of the batches to come, which do not
    /// hold the partition columns. `values` says what is known of some columns' values, and if
    /// it says anything, the file is laid out for size, without indexes of its pages. A file of that name is
    /// overwritten, so names must be new.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(
        table: &Path,
        name: &str,
        partition_values: Vec<(String, Option<String>)>,
        schema: SchemaRef,
        values: &[(&str, Values)],
    ) -> Result<Self> {
        let folder = hive_folder(&partition_values);
        let relative = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let path = table.join(&relative);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).or_cannot_at("create the folder", parent)?;
        }
        let file = File::create(&path).or_cannot_at("create the data file", &path)?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
            .set_max_row_group_row_count(Some(ROWS_OF_A_ROW_GROUP))
            // A fixed text, so that equal rows give equal bytes whatever the library's version string is.
            .set_created_by("ingot".to_owned());
        if !values.is_empty() {
            // Smallest and largest values of row groups, not of their pages, which in small files take more than they save.
            properties =
                properties.set_statistics_enabled(EnabledStatistics::Chunk).set_offset_index_disabled(true);
        }
        for (column, values) in values {
            let column = ColumnPath::from(*column);
            properties = match values {
                Values::Unlike => properties.set_column_dictionary_enabled(column, false),
                Values::Random => properties
                    .set_column_dictionary_enabled(column.clone(), false)
                    .set_column_statistics_enabled(column.clone(), EnabledStatistics::None)
                    .set_column_compression(column, Compression::UNCOMPRESSED),
                Values::Counting => properties
                    .set_column_dictionary_enabled(column.clone(), false)
                    .set_column_encoding(column.clone(), Encoding::DELTA_BINARY_PACKED)
                    .set_column_compression(column, Compression::UNCOMPRESSED),
                Values::Near => properties
                    .set_column_dictionary_enabled(column.clone(), false)
                    .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED),
                Values::Same => properties.set_column_compression(column, Compression::UNCOMPRESSED),
            };
        }
        // Parquet's own types say all that is needed; the embedded Arrow schema would only tell readers
        // which of our columns happened to be dictionaries in memory.
        let options =
            ArrowWriterOptions::new().with_properties(properties.build()).with_skip_arrow_metadata(true);
        let (writer, row_groups) =
            ArrowWriter::try_new_with_options(HashingFile::new(file), schema.clone(), options)
                .and_then(ArrowWriter::into_serialized_writer)
                .or_cannot_at("start the Parquet file", &path)?;
        Ok(Self {
            writer,
            row_groups,
            open: None,
            spare: None,
            path,
            relative,
            partition_values,
            schema,
            rows: 0,
        })
    }

    /// Encodes with the help of these threads when they have time. The file's bytes do not depend on it.
    #[must_use]
    pub fn helped_by(mut self, spare: Arc<dyn SpareThreads>) -> Self {
        self.spare = Some(spare);
        self
    }

    /// # Errors
    /// The batch has other columns than `schema`, or the disk is full.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        self.encode(batch).or_cannot_at("write the file", &self.path)
    }

    fn encode(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        let mut from = 0;
        while from < batch.num_rows() {
            let row_group = match &mut self.open {
                Some(open) => open,
                none => none.insert(RowGroup::new(&self.writer, &self.row_groups, self.schema.fields())?),
            };
            let rows = (batch.num_rows() - from).min(ROWS_OF_A_ROW_GROUP - row_group.rows());
            row_group.write(&batch.slice(from, rows), self.spare.as_deref())?;
            from += rows;
            if row_group.rows() >= ROWS_OF_A_ROW_GROUP {
                self.end_row_group()?;
            }
        }
        Ok(())
    }

    fn end_row_group(&mut self) -> Result<(), ParquetError> {
        match self.open.take() {
            Some(open) => open.end(&mut self.writer, self.spare.as_deref()),
            None => Ok(()),
        }
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes on disk so far and in memory.
    pub fn size(&self) -> usize {
        self.writer.bytes_written() + self.open.as_ref().map_or(0, RowGroup::size)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The disk is full.
    pub fn finish(mut self) -> Result<NewFile> {
        let metadata = self
            .end_row_group()
            .and_then(|()| self.writer.finish())
            .or_cannot_at("end the Parquet file", &self.path)?;
        let written = self.writer.inner();
        let bytes = written.file().metadata().or_cannot_at("read the file", &self.path)?.len();
        let hash = written.hash();
        Ok(NewFile {
            relative: self.relative,
            partition_values: self.partition_values,
            bytes,
            rows: self.rows,
            statistics: statistics::of_file(&metadata, &self.schema),
            modified: None,
            hash: Some(hash),
        })
    }
}

/// `store_id=7/month=2023-01`; empty without partitions.
pub fn hive_folder(partition_values: &[(String, Option<String>)]) -> String {
    let mut folder = String::new();
    for (name, value) in partition_values {
        if !folder.is_empty() {
            folder.push('/');
        }
        folder.push_str(name);
        folder.push('=');
        folder.push_str(&hive::escape(value.as_deref()));
    }
    folder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_hive_style() {
        let values =
            vec![("store_id".to_owned(), Some("7".to_owned())), ("m".to_owned(), Some("a/b".to_owned()))];
        assert_eq!(hive_folder(&values), "store_id=7/m=a%2Fb");
        assert_eq!(hive_folder(&[("m".to_owned(), None)]), "m=__HIVE_DEFAULT_PARTITION__");
    }
}
