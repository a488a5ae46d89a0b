//! Parquet's INTERVAL: three numbers, of months, days and milliseconds
//! ([LogicalTypes.md](https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#interval)).
//!
//! The reader gives either the months or the rest, never all three, so a column of intervals is read twice.

use crate::read_error::{FileFailure, ReadError};
use ingot_lake::arrow::array::{ArrayRef, AsArray as _, IntervalMonthDayNanoArray, RecordBatch};
use ingot_lake::arrow::datatypes::{
    DataType, Field, IntervalDayTimeType, IntervalMonthDayNano, IntervalUnit, IntervalYearMonthType, Schema,
    SchemaRef,
};
use ingot_lake::arrow::error::ArrowError;
use ingot_lake::parquet::arrow::ProjectionMask;
use ingot_lake::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use std::fs::File;
use std::sync::Arc;

/// The batches of a file, whose intervals are whole.
pub(super) struct WholeBatches {
    schema: SchemaRef,
    reader: ParquetRecordBatchReader,
    /// The columns of intervals, and what reads their months; `None` without any.
    months: Option<(Vec<usize>, ParquetRecordBatchReader)>,
}

/// Begins to read the file that `builder` has opened.
///
/// # Errors
/// An interval within a list, an object or a map. A file that is damaged.
pub(super) fn batches(
    builder: ParquetRecordBatchReaderBuilder<File>,
    file: impl Fn() -> Result<File, FileFailure>,
    batch_rows: usize,
) -> Result<WholeBatches, FileFailure> {
    let schema = builder.schema().clone();
    if let Some(nested) = schema.fields().iter().find(|field| holds_interval(field) && !is_interval(field)) {
        let why = format!(
            "the column '{}' has intervals inside, whose months cannot be read; write them as text, or as numbers of months, \
             days and milliseconds",
            nested.name()
        );
        return Err(FileFailure::new("TYPE_MISMATCH", why));
    }
    let columns: Vec<usize> =
        (0..schema.fields().len()).filter(|index| is_interval(schema.field(*index))).collect();
    let months = if columns.is_empty() {
        None
    } else {
        let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
        let options = ArrowReaderOptions::new().with_schema(with_intervals(&schema, IntervalUnit::YearMonth));
        let reader = ArrowReaderMetadata::try_new(builder.metadata().clone(), options)
            .map_err(|error| FileFailure::not_parquet(&error))
            .and_then(|metadata| {
                ParquetRecordBatchReaderBuilder::new_with_metadata(file()?, metadata)
                    .with_projection(mask)
                    .with_batch_size(batch_rows)
                    .build()
                    .map_err(|error| FileFailure::not_parquet(&error))
            })?;
        Some((columns, reader))
    };
    let reader =
        builder.with_batch_size(batch_rows).build().map_err(|error| FileFailure::not_parquet(&error))?;
    Ok(WholeBatches { schema: with_intervals(&schema, IntervalUnit::MonthDayNano), reader, months })
}

impl WholeBatches {
    /// The columns of the batches.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The next batch; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<RecordBatch>, ReadError> {
        let damaged = |error: ArrowError| FileFailure::not_parquet(&error);
        let Some(batch) = self.reader.next().transpose().map_err(damaged)? else { return Ok(None) };
        let Some((columns, reader)) = &mut self.months else { return Ok(Some(batch)) };
        let months = reader.next().transpose().map_err(damaged)?;
        let months = months.filter(|months| months.num_rows() == batch.num_rows());
        let months =
            months.ok_or_else(|| FileFailure::not_parquet(&"its columns have different numbers of rows"))?;
        let (_, mut arrays, _) = batch.into_parts();
        for (index, months) in columns.iter().zip(months.columns()) {
            arrays[*index] = whole(&arrays[*index], months);
        }
        Ok(Some(RecordBatch::try_new(self.schema.clone(), arrays).map_err(damaged)?))
    }
}

/// The same columns with intervals of this kind.
fn with_intervals(schema: &SchemaRef, unit: IntervalUnit) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| match is_interval(field) {
        true => field.as_ref().clone().with_data_type(DataType::Interval(unit)),
        false => field.as_ref().clone(),
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Vec<Field>>(), schema.metadata().clone()))
}

/// Days and milliseconds together with the months of the same rows.
fn whole(rest: &ArrayRef, months: &ArrayRef) -> ArrayRef {
    let rest = rest.as_primitive::<IntervalDayTimeType>();
    let months = months.as_primitive::<IntervalYearMonthType>();
    let values = rest.iter().zip(months).map(|(rest, months)| {
        let (rest, months) = (rest?, months?);
        Some(IntervalMonthDayNano::new(months, rest.days, i64::from(rest.milliseconds) * 1_000_000))
    });
    Arc::new(values.collect::<IntervalMonthDayNanoArray>())
}

fn is_interval(field: &Field) -> bool {
    matches!(field.data_type(), DataType::Interval(IntervalUnit::DayTime))
}

fn holds_interval(field: &Field) -> bool {
    match field.data_type() {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::Map(item, _) => holds_interval(item),
        DataType::Struct(members) => members.iter().any(|member| holds_interval(member)),
        _ => is_interval(field),
    }
}
