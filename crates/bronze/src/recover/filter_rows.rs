//! Writes a data file again without some of its rows.

use crate::path_values::PartitionValues;
use crate::write::Output;
use ingot_core::error::{Context as _, Error, Result};
use ingot_lake::NewFile;
use ingot_lake::arrow::array::{Array as _, ArrayRef, BooleanArray, RecordBatch, StringArray};
use ingot_lake::arrow::compute::{cast, filter_record_batch};
use ingot_lake::arrow::datatypes::DataType;
use ingot_lake::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::File;
use std::path::Path;

/// Copies the rows of `source` that `keeps` into data files of the folder `table`, whose names begin with `prefix`. Gives them,
/// and how many rows were left out.
pub(super) fn filter_rows(
    source: &Path,
    table: &Path,
    prefix: String,
    partition_values: PartitionValues,
    keeps: impl Fn(&RecordBatch) -> Result<BooleanArray>,
) -> Result<(Vec<NewFile>, u64)> {
    let task = "read the data file";
    let file = File::open(source).or_cannot_at(task, source)?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).or_cannot_at(task, source)?;
    let mut output =
        Output::new(Some(table.to_path_buf()), prefix, partition_values, reader.schema().clone());
    let mut left_out = 0;
    for batch in reader.build().or_cannot_at(task, source)? {
        let outcome = batch.or_cannot_at(task, source).and_then(|batch| {
            let keep = keeps(&batch)?;
            left_out += (batch.num_rows() - keep.true_count()) as u64;
            let kept = filter_record_batch(&batch, &keep).or_cannot_at("filter the rows", source)?;
            output.write(&kept)
        });
        if let Err(error) = outcome {
            output.discard();
            return Err(error);
        }
    }
    Ok((output.finish()?, left_out))
}

/// A column of a batch as texts.
pub(super) fn texts(batch: &RecordBatch, name: &str) -> Result<StringArray> {
    let column = as_type(batch, name, &DataType::Utf8)?;
    let texts = column.as_any().downcast_ref::<StringArray>();
    texts.cloned().ok_or_else(|| Error::defect(format!("the column '{name}' is not of texts")))
}

/// A column of a batch in a type.
pub(super) fn as_type(batch: &RecordBatch, name: &str, kind: &DataType) -> Result<ArrayRef> {
    let column = batch
        .column_by_name(name)
        .ok_or_else(|| Error::new(format!("the data file has no column '{name}'")))?;
    cast(column, kind).or_cannot("read the data file's columns")
}
