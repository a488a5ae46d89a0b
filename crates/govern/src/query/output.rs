//! The rows of a query as a file.

use super::ask::Query;
use ingot_core::error::{Context as _, Result};
use ingot_engine::text_literal;
use std::path::{Path, PathBuf};

/// The form of a file with rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileForm {
    /// A header, then a line for each row.
    Csv,
    /// A list of objects.
    Json,
    Parquet,
}

impl FileForm {
    /// What COPY is told.
    fn options(self) -> &'static str {
        match self {
            Self::Csv => "format csv, header",
            Self::Json => "format json, array true",
            Self::Parquet => "format parquet, compression zstd",
        }
    }
}

impl Query {
    /// Writes all rows to a file that is gone with the query. Gives its path and the number of rows.
    ///
    /// # Errors
    /// The query fails, or the disk is full.
    pub fn write(&mut self, form: FileForm) -> Result<(PathBuf, u64)> {
        let file = self.reader.temporary("answer");
        let to = text_literal(&file.to_string_lossy());
        let rows = self.execute(&format!("copy (\n{}\n) to {to} ({})", self.sql, form.options()))?;
        Ok((file, rows))
    }

    /// Writes all rows to `file`, which others see complete or not at all. Gives the number of rows.
    ///
    /// # Errors
    /// The query fails, or the file cannot be written.
    pub fn write_to(&mut self, form: FileForm, file: &Path) -> Result<u64> {
        let (answer, rows) = self.write(form)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let beside = file.with_file_name(format!(".{name}.inprogress"));
        std::fs::copy(&answer, &beside)
            .and_then(|_| std::fs::rename(&beside, file))
            .or_cannot_at("write the file", file)
            .inspect_err(|_| {
                let _ = std::fs::remove_file(&beside);
            })?;
        Ok(rows)
    }
}
