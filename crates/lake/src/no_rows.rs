//! The file by which the Parquet side shows a table without rows. A log says which columns such a table has; a folder of plain
//! Parquet needs a file for that, because a reader of `<folder>/**/*.parquet` fails where there is none.

use arrow::datatypes::Schema;
use ingot_core::error::{Context as _, Result};
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::file::properties::WriterProperties;
use std::path::Path;
use std::sync::Arc;

/// Its name in the folder of the Parquet side. No commit names it.
pub const NO_ROWS: &str = "no_rows.parquet";

/// A Parquet file with these columns and no row. The columns of partitions are in it too, because no folder names their values.
/// `folder` is where it is to be, for the error.
///
/// # Errors
/// A column has a type that Parquet lacks.
pub(crate) fn file_without_rows(columns: &Schema, folder: &Path) -> Result<Vec<u8>> {
    // A fixed text, and no copy of Arrow's columns, so that equal columns give equal bytes.
    let properties = WriterProperties::builder().set_created_by("ingot".to_owned()).build();
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut bytes = Vec::new();
    let write = || -> parquet::errors::Result<()> {
        ArrowWriter::try_new_with_options(&mut bytes, Arc::new(columns.clone()), options)?.close()?;
        Ok(())
    };
    write().or_cannot_at("write a table without rows", folder)?;
    Ok(bytes)
}
