//! One Parquet file of a history: what a run leaves for later questions. It appears whole or not at all.

use ingot_core::error::{Context as _, Result};
use ingot_lake::arrow::array::{ArrayRef, RecordBatch};
use ingot_lake::arrow::datatypes::{Field, Schema};
use ingot_lake::parquet::arrow::ArrowWriter;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Writes these columns, all of one length and nullable, as `<folder>/<id>.parquet`.
///
/// # Errors
/// The folder cannot be written.
pub(crate) fn write(folder: &Path, id: &str, columns: Vec<(&str, ArrayRef)>) -> Result<()> {
    std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
    let path = folder.join(format!("{id}.parquet"));
    let beside = folder.join(format!(".{id}.inprogress"));
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
        .or_cannot_at("describe the run", &path)?;
    let file = File::create(&beside).or_cannot_at("create the file", &beside)?;
    let written = ArrowWriter::try_new(file, batch.schema(), None)
        .and_then(|mut writer| {
            writer.write(&batch)?;
            writer.close()
        })
        .or_cannot_at("write the file", &beside)
        .and_then(|_| std::fs::rename(&beside, &path).or_cannot_at("rename the file", &beside));
    written.inspect_err(|_| {
        let _ = std::fs::remove_file(&beside);
    })
}

/// Whether a history has any file.
pub(crate) fn is_there(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.path().extension().is_some_and(|kind| kind == "parquet"))
    })
}
