//! Parquet files as a relation: all that a table ever had, whichever version has them.

use super::values::Values;
use ingot_core::error::{Context as _, Result};
use ingot_engine::text_literal;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Parquet files that are read as one relation.
#[derive(Debug, Clone, Default)]
pub(super) struct Scan {
    pub(super) files: Vec<PathBuf>,
    columns: Vec<(String, String)>,
}

/// The column with the path of a row's file.
pub(super) const FILE: &str = "__ingot_file";
/// What DuckDB calls the column with a row's number in its file.
pub(super) const ROW: &str = "file_row_number";

impl Scan {
    /// All data files of a table of bronze.
    pub(super) fn of_bronze(lake: &Path, table: &str, values: &mut Values) -> Result<Self> {
        Self::of_table(&lake.join("bronze").join("delta").join(table), values)
    }

    /// All data files in the folder of a Delta table.
    pub(super) fn of_table(root: &Path, values: &mut Values) -> Result<Self> {
        Self::of_files(parquet_files(root)?, values)
    }

    pub(super) fn of_files(files: Vec<PathBuf>, values: &mut Values) -> Result<Self> {
        let mut scan = Self { files, columns: Vec::new() };
        if !scan.files.is_empty() {
            let described = values.query(&format!("describe select * from {}", scan.relation()))?;
            scan.columns = described
                .rows
                .iter()
                .filter_map(|row| Some((row.first()?.to_string(), row.get(1)?.to_string())))
                .filter(|(name, _)| name != FILE)
                .collect();
        }
        Ok(scan)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub(super) fn relation(&self) -> String {
        relation(&self.files, "")
    }

    /// The same with the number of each row in its file, in the column [`ROW`].
    pub(super) fn numbered(&self) -> String {
        relation(&self.files, ", file_row_number = true")
    }

    /// DuckDB's name of a column's type; `None` if no file has it.
    pub(super) fn type_of(&self, column: &str) -> Option<&str> {
        self.columns.iter().find(|(name, _)| name.eq_ignore_ascii_case(column)).map(|(_, kind)| kind.as_str())
    }

    pub(super) fn columns(&self) -> &[(String, String)] {
        &self.columns
    }
}

/// Files as SQL reads them.
fn relation(files: &[PathBuf], more: &str) -> String {
    let list: Vec<String> = files.iter().map(|path| path_literal(path)).collect();
    format!(
        "read_parquet([{}], filename = {}, hive_partitioning = false, union_by_name = true{more})",
        list.join(", "),
        text_literal(FILE)
    )
}

pub(super) fn path_literal(path: &Path) -> String {
    text_literal(&path.to_string_lossy())
}

/// The Parquet files in a folder and below it, without those of a Delta log and those that are being written.
///
/// # Errors
/// A folder cannot be listed.
pub(super) fn parquet_files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !root.is_dir() {
        return Ok(files);
    }
    for entry in WalkDir::new(root).into_iter().filter_entry(|entry| entry.file_name() != "_delta_log") {
        let entry = entry.or_cannot_at("list the folder", root)?;
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_file() && name.ends_with(".parquet") && !name.starts_with('.') {
            files.push(entry.into_path());
        }
    }
    files.sort();
    Ok(files)
}
