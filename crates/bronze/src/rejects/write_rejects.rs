//! Writes rejects: all of them as Parquet, the first ones as CSV.

use super::reject::Reject;
use super::reject_cells::{COLUMNS, Cell, cells};
use super::reject_csv::RejectCsv;
use ingot_core::error::{Context as _, Result};
use ingot_lake::arrow::array::{ArrayRef, Int64Builder, RecordBatch, StringBuilder};
use ingot_lake::arrow::datatypes::{DataType, Field, Schema};
use ingot_lake::parquet::arrow::ArrowWriter;
use ingot_lake::parquet::basic::{Compression, Encoding, ZstdLevel};
use ingot_lake::parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Bounds the memory that rejects with long raw texts take.
const ROWS_OF_A_ROW_GROUP: usize = 64 * 1024;

/// Takes one reject: the table's name, the contract's version, the run, the reject.
pub(crate) type Take<'t> = &'t mut dyn FnMut(&str, &str, &str, Reject) -> Result<()>;

/// Rejects that were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) rejects: u64,
    /// How many of them are in the CSV file, too.
    pub(crate) in_csv: u64,
}

/// Writes both files; `each` hands over every reject. `raw_bytes` is the size of the raw files that they come from.
pub(crate) fn write_rejects(
    csv_path: &Path,
    parquet_path: &Path,
    raw_bytes: u64,
    each: impl FnOnce(Take<'_>) -> Result<()>,
) -> Result<Written> {
    let mut csv = RejectCsv::create(csv_path, raw_bytes)?;
    let schema = Arc::new(Schema::new(
        COLUMNS
            .iter()
            .map(|(name, number)| {
                Field::new(*name, if *number { DataType::Int64 } else { DataType::Utf8 }, true)
            })
            .collect::<Vec<_>>(),
    ));
    let file = File::create(parquet_path).or_cannot_at("create the file", parquet_path)?;
    let mut parquet = ArrowWriter::try_new(file, schema.clone(), Some(properties()))
        .or_cannot_at("write the file", parquet_path)?;
    let mut pending = Pending::default();
    let mut rejects = 0;
    each(&mut |table, contract_version, run_id, reject| {
        rejects += 1;
        let cells = cells(table, contract_version, run_id, reject);
        csv.push(&cells)?;
        pending.push(cells);
        if pending.rows >= 4096 {
            let batch = pending.take(&schema).or_cannot_at("write the file", parquet_path)?;
            parquet.write(&batch).or_cannot_at("write the file", parquet_path)?;
        }
        Ok(())
    })?;
    let batch = pending.take(&schema).or_cannot_at("write the file", parquet_path)?;
    parquet.write(&batch).or_cannot_at("write the file", parquet_path)?;
    parquet.close().or_cannot_at("write the file", parquet_path)?;
    Ok(Written { rejects, in_csv: csv.finish()? })
}

/// Compressed as far as it costs little, with each column in the form that suits it: positions count up, raw texts and the
/// values in them hardly repeat, and everything else is the same for many rows.
fn properties() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap_or_default()))
        .set_max_row_group_row_count(Some(ROWS_OF_A_ROW_GROUP))
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for column in ["row_number", "line", "byte_offset"] {
        properties = properties
            .set_column_dictionary_enabled(column.into(), false)
            .set_column_encoding(column.into(), Encoding::DELTA_BINARY_PACKED);
    }
    for column in ["raw_text", "raw_base64", "reasons"] {
        properties = properties.set_column_dictionary_enabled(column.into(), false);
    }
    properties.build()
}

#[derive(Default)]
struct Pending {
    cells: Vec<[Cell; 15]>,
    rows: usize,
}

impl Pending {
    fn push(&mut self, cells: [Cell; 15]) {
        self.cells.push(cells);
        self.rows += 1;
    }

    fn take(&mut self, schema: &Arc<Schema>) -> Result<RecordBatch, ingot_lake::arrow::error::ArrowError> {
        let rows = std::mem::take(&mut self.cells);
        self.rows = 0;
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(COLUMNS.len());
        for (index, (_, is_number)) in COLUMNS.iter().enumerate() {
            if *is_number {
                let mut builder = Int64Builder::new();
                for row in &rows {
                    builder.append_option(if let Cell::Number(number) = &row[index] {
                        *number
                    } else {
                        None
                    });
                }
                columns.push(Arc::new(builder.finish()));
            } else {
                let mut builder = StringBuilder::new();
                for row in &rows {
                    builder.append_option(if let Cell::Text(text) = &row[index] {
                        text.as_deref()
                    } else {
                        None
                    });
                }
                columns.push(Arc::new(builder.finish()));
            }
        }
        RecordBatch::try_new(schema.clone(), columns)
    }
}
