//! A history: rows that each run leaves for later questions, in few Parquet files of one folder.
//!
//! A run's rows are added to the newest file until that is large, then a new one is begun. A file is replaced as a whole, by
//! a rename, so whoever reads the folder sees each run once or not yet, and the number of files does not grow with the
//! number of runs.

use ingot_core::error::{Context as _, Result};
use ingot_lake::arrow::array::{ArrayRef, RecordBatch};
use ingot_lake::arrow::datatypes::{Field, Schema};
use ingot_lake::parquet::arrow::ArrowWriter;
use ingot_lake::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ingot_lake::parquet::basic::{Compression, ZstdLevel};
use ingot_lake::parquet::file::properties::WriterProperties;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of so many bytes is not written again: the next run begins another.
const FULL: u64 = 256 << 10;

/// Adds these columns, all of one length and nullable, to the history in `folder`. A new file is named after `id`, which must
/// come after those of earlier runs.
///
/// # Errors
/// The folder cannot be written.
pub(crate) fn add(folder: &Path, id: &str, columns: Vec<(&str, ArrayRef)>) -> Result<()> {
    std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
    let lock = folder.join(".history.lock");
    let held = File::create(&lock).or_cannot_at("create the file", &lock)?;
    // Two runs that end at once wait for each other for some milliseconds.
    held.lock().or_cannot_at("lock the file", &lock)?;
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    let new = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
        .or_cannot_at("describe the run", folder)?;
    let (path, mut batches) = match growing(folder, &new) {
        Some(file) => file,
        None => (folder.join(format!("{id}.parquet")), Vec::new()),
    };
    batches.push(new);
    let beside = folder.join(".next.inprogress");
    write(&beside, &batches)
        .and_then(|()| std::fs::rename(&beside, &path).or_cannot_at("rename the file", &beside))
        .inspect_err(|_| {
            let _ = std::fs::remove_file(&beside);
        })
}

/// The newest file and its rows, if there is room in it and it has the same columns. One that cannot be read is left alone.
fn growing(folder: &Path, new: &RecordBatch) -> Option<(PathBuf, Vec<RecordBatch>)> {
    let newest = files(folder).max()?;
    if std::fs::metadata(&newest).ok()?.len() >= FULL {
        return None;
    }
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&newest).ok()?).ok()?;
    let batches: Vec<RecordBatch> = reader.build().ok()?.collect::<Result<_, _>>().ok()?;
    let has_these_columns = batches.iter().all(|batch| batch.schema().fields() == new.schema().fields());
    has_these_columns.then_some((newest, batches))
}

fn write(path: &Path, batches: &[RecordBatch]) -> Result<()> {
    let Some(first) = batches.first() else { return Ok(()) };
    let file = File::create(path).or_cannot_at("create the file", path)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
        .build();
    ArrowWriter::try_new(file, first.schema(), Some(properties))
        .and_then(|mut writer| {
            batches.iter().try_for_each(|batch| writer.write(batch))?;
            writer.close()
        })
        .map(drop)
        .or_cannot_at("write the file", path)
}

fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|kind| kind == "parquet"))
}

/// Whether a history has any file.
pub(crate) fn is_there(folder: &Path) -> bool {
    files(folder).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ingot_lake::arrow::array::StringArray;

    fn rows_of(folder: &Path) -> Vec<usize> {
        let mut found: Vec<PathBuf> = files(folder).collect();
        found.sort();
        let rows = |path: PathBuf| {
            let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
            reader.build().unwrap().map(|batch| batch.unwrap().num_rows()).sum()
        };
        found.into_iter().map(rows).collect()
    }

    fn column(rows: usize) -> Vec<(&'static str, ArrayRef)> {
        let texts = (0..rows).map(|_| Some(uuid::Uuid::new_v4().to_string()));
        vec![("text", Arc::new(texts.collect::<StringArray>()))]
    }

    #[test]
    fn runs_share_a_file_until_it_is_full() {
        let folder = tempfile::tempdir().unwrap();
        for run in 0..5 {
            add(folder.path(), &format!("run-{run}"), column(3)).unwrap();
        }
        assert_eq!(rows_of(folder.path()), [15]);
        add(folder.path(), "run-5", column(20_000)).unwrap();
        add(folder.path(), "run-6", column(1)).unwrap();
        assert_eq!(rows_of(folder.path()), [20_015, 1]);
        let other: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
        add(folder.path(), "run-7", vec![("other", other)]).unwrap();
        assert_eq!(rows_of(folder.path()), [20_015, 1, 1], "a file has one set of columns");
    }

    #[test]
    fn runs_that_end_at_once_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for run in 0..8 {
                let folder = folder.path();
                scope.spawn(move || add(folder, &format!("run-{run}"), column(2)).unwrap());
            }
        });
        assert_eq!(rows_of(folder.path()).iter().sum::<usize>(), 16);
    }

    #[test]
    fn a_damaged_file_does_not_keep_a_run_from_its_history() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("run-0.parquet"), "damaged").unwrap();
        add(folder.path(), "run-1", column(2)).unwrap();
        assert!(folder.path().join("run-1.parquet").is_file());
    }
}
