//! Writes the data files of a table again, with some columns in other types or without one.

use super::type_change::TypeChange;
use crate::commit::{Rewritten, Run, TablePaths};
use crate::run_stamp::RunStamp;
use crate::write::Output;
use ingot_core::error::{Context as _, Error, Result};
use ingot_lake::arrow::array::{Array as _, ArrayRef, RecordBatch, RecordBatchReader as _, StringArray};
use ingot_lake::arrow::compute::cast;
use ingot_lake::arrow::datatypes::{DataType as ArrowType, Field, Schema, SchemaRef};
use ingot_lake::arrow::util::display::array_value_to_string;
use ingot_lake::parquet::arrow::ProjectionMask;
use ingot_lake::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ingot_lake::{DeltaTable, LiveFile, NewFile};
use rayon::prelude::*;
use std::fs::File;
use std::sync::Arc;

const BATCH_ROWS: usize = 8192;

/// Rows that are shown of those that are in the way.
const EXAMPLES: usize = 3;

/// Values of a column that have no place in its new type.
#[derive(Debug, Clone, Default)]
pub(super) struct InTheWay {
    pub(super) rows: u64,
    /// The first of them: value and place.
    pub(super) examples: Vec<String>,
}

impl InTheWay {
    fn add(&mut self, example: impl FnOnce() -> String) {
        self.rows += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(example());
        }
    }

    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.examples.extend(other.examples);
        self.examples.truncate(EXAMPLES);
    }
}

/// Converts every row, without the unwanted column. For each change, what is in its way; if anything is, nothing that was written is left.
pub(super) fn convert_files(
    run: &Run<'_>,
    stamp: &RunStamp,
    paths: &TablePaths,
    table: &DeltaTable,
    changes: &[TypeChange],
    unwanted: Option<&str>,
) -> Result<(Rewritten, Vec<InTheWay>)> {
    let partitions = table.partition_columns()?;
    let files = table.files()?;
    let mut in_the_way: Vec<InTheWay> = vec![InTheWay::default(); changes.len()];
    for file in &files {
        for (change, found) in changes.iter().zip(&mut in_the_way) {
            check_partition(file, change, found)?;
        }
    }
    let delta = (!run.options.dry_run).then(|| paths.delta());
    let mut rewritten = Rewritten::default();
    // A column that all rows of a file share is not in the file.
    if unwanted.is_none() && changes.iter().all(|change| partitions.contains(&change.column)) {
        return Ok((rewritten, in_the_way));
    }
    let done: Vec<Result<(Vec<NewFile>, Vec<InTheWay>)>> = run.pool.install(|| {
        files
            .par_iter()
            .enumerate()
            .map(|(index, file)| {
                let values = partitions
                    .iter()
                    .map(|name| (name.clone(), file.partition_values.get(name).cloned().flatten()))
                    .collect();
                let prefix = format!("{}-{index:05}", stamp.id);
                convert_file(run, file, changes, unwanted, |schema| {
                    Output::new(delta.clone(), prefix, values, schema)
                })
            })
            .collect()
    });
    let mut error = None;
    for done in done {
        match done {
            Ok((added, found)) => {
                rewritten.added.extend(added);
                in_the_way.iter_mut().zip(found).for_each(|(all, found)| all.merge(found));
            }
            Err(problem) => error = error.or(Some(problem)),
        }
    }
    if error.is_some() || in_the_way.iter().any(|found| found.rows > 0) {
        for file in rewritten.added.drain(..) {
            // One that cannot be removed now is removed by the next run.
            let _ = std::fs::remove_file(paths.delta().join(&file.relative));
        }
    }
    rewritten.removed = files;
    error.map_or(Ok((rewritten, in_the_way)), Err)
}

/// A partition's value is text in the log, which must be a value of the new type.
fn check_partition(file: &LiveFile, change: &TypeChange, found: &mut InTheWay) -> Result<()> {
    let Some(Some(text)) = file.partition_values.get(&change.column) else { return Ok(()) };
    let text: ArrayRef = Arc::new(StringArray::from(vec![text.as_str()]));
    let Some(retype) = crate::check::columnar::Retype::of(text.data_type(), &change.wanted) else {
        return Ok(());
    };
    retype.column(&text, &change.wanted, |_, value| {
        found.add(|| format!("'{value}' (the partition {}={value})", change.column));
    })?;
    Ok(())
}

fn convert_file(
    run: &Run<'_>,
    file: &LiveFile,
    changes: &[TypeChange],
    unwanted: Option<&str>,
    output: impl FnOnce(SchemaRef) -> Output,
) -> Result<(Vec<NewFile>, Vec<InTheWay>)> {
    let task = "read the bronze table's file";
    let input = File::open(&file.path).or_cannot_at(task, &file.path)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(input).or_cannot_at(task, &file.path)?;
    let columns = builder.schema().fields().iter().enumerate();
    let kept = columns.filter(|(_, field)| unwanted != Some(field.name())).map(|(index, _)| index);
    let mask = ProjectionMask::roots(builder.parquet_schema(), kept);
    let mut in_the_way: Vec<InTheWay> = vec![InTheWay::default(); changes.len()];
    let reader =
        builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().or_cannot_at(task, &file.path)?;
    let schema = new_schema(&reader.schema(), changes);
    let mut output = output(schema.clone());
    let convert = || -> Result<()> {
        for batch in reader {
            run.options.interrupt.check()?;
            let batch = batch.or_cannot_at(task, &file.path)?;
            output.write(&convert_batch(&batch, &schema, changes, &mut in_the_way)?)?;
        }
        Ok(())
    };
    match convert() {
        Ok(()) => Ok((output.finish()?, in_the_way)),
        Err(error) => {
            output.discard();
            Err(error)
        }
    }
}

/// The columns of a data file after the changes, with its repeated texts as a dictionary.
fn new_schema(old: &Schema, changes: &[TypeChange]) -> SchemaRef {
    let fields = old.fields().iter().map(|field| {
        let changed = changes.iter().find(|change| change.column == *field.name());
        let data_type = match (changed, field.name().as_str()) {
            (Some(change), _) => change.wanted.arrow(),
            (None, "src_filename") => {
                ArrowType::Dictionary(Box::new(ArrowType::Int32), Box::new(ArrowType::Utf8))
            }
            (None, _) => field.data_type().clone(),
        };
        Field::new(field.name(), data_type, field.is_nullable())
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn convert_batch(
    batch: &RecordBatch,
    schema: &SchemaRef,
    changes: &[TypeChange],
    in_the_way: &mut [InTheWay],
) -> Result<RecordBatch> {
    let place = |row: usize| {
        let text = |name: &str| {
            batch.column_by_name(name).and_then(|column| array_value_to_string(column, row).ok())
        };
        format!(
            "{} row {}",
            text("src_filename").unwrap_or_default(),
            text("src_row_number").unwrap_or_default()
        )
    };
    let columns: Result<Vec<ArrayRef>> = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| {
            let Some(at) = changes.iter().position(|change| change.column == *field.name()) else {
                return cast(column, field.data_type()).or_cannot("write a column again");
            };
            let change = &changes[at];
            change.retype.column(column, &change.wanted, |row, value| {
                in_the_way[at].add(|| format!("'{value}' ({})", place(row)));
            })
        })
        .collect();
    let columns = columns?;
    if in_the_way.iter().any(|found| found.rows > 0) {
        // Nothing will be kept, and a value that has no place may be required.
        return Ok(RecordBatch::new_empty(schema.clone()));
    }
    RecordBatch::try_new(schema.clone(), columns)
        .map_err(|error| Error::defect("converted rows do not fit their columns").caused_by(error))
}
