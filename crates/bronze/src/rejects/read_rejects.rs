//! Reads reject files again.

use super::reject::Reject;
use super::reject_files::reject_folder;
use crate::row::{Position, Reason};
use crate::run_stamp::commit_of;
use ingot_core::error::{Context as _, Error, Result};
use ingot_lake::arrow::array::{Array as _, AsArray as _, RecordBatch};
use ingot_lake::arrow::datatypes::Int64Type;
use ingot_lake::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

/// A reject as its file keeps it.
#[derive(Debug, Clone)]
pub(crate) struct KeptReject {
    pub(crate) table: String,
    pub(crate) reject: Reject,
    pub(crate) contract_version: String,
    pub(crate) run_id: String,
}

/// The keys of the commits that have reject files of a table, oldest first.
pub(crate) fn reject_keys(lake: &Path, table: &str) -> Result<Vec<String>> {
    let folder = reject_folder(lake, table);
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.or_cannot_at("list the folder", &folder)?,
    };
    let mut keys = Vec::new();
    for entry in entries {
        let name = entry.or_cannot_at("list the folder", &folder)?.file_name();
        let name = name.to_string_lossy();
        if let Some(stem) = name.strip_suffix(".parquet")
            && commit_of(stem) == Some(stem)
        {
            keys.push(stem.to_owned());
        }
    }
    keys.sort();
    Ok(keys)
}

/// Every reject of a Parquet file, in order.
pub(crate) fn read_rejects(path: &Path, mut take: impl FnMut(KeptReject) -> Result<()>) -> Result<()> {
    let task = "read the reject file";
    let file = File::open(path).or_cannot_at(task, path)?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(|builder| builder.build())
        .or_cannot_at(task, path)?;
    for batch in reader {
        let batch = batch.or_cannot_at(task, path)?;
        for row in 0..batch.num_rows() {
            take(kept(&batch, row))?;
        }
    }
    Ok(())
}

fn kept(batch: &RecordBatch, row: usize) -> KeptReject {
    let text = |name: &str| -> Option<String> {
        let column = batch.column_by_name(name)?.as_string_opt::<i32>()?;
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    let number = |name: &str| -> Option<u64> {
        let column = batch.column_by_name(name)?.as_primitive_opt::<Int64Type>()?;
        column.is_valid(row).then(|| u64::try_from(column.value(row)).ok()).flatten()
    };
    let reasons: Vec<Reason> =
        text("reasons").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    KeptReject {
        table: text("table_name").unwrap_or_default(),
        reject: Reject {
            file: text("file").unwrap_or_default(),
            position: Position {
                row: number("row_number").unwrap_or_default(),
                line: number("line"),
                byte_offset: number("byte_offset"),
            },
            raw: text("raw_text").unwrap_or_default(),
            raw_base64: text("raw_base64"),
            header: text("header"),
            reasons,
        },
        contract_version: text("contract_version").unwrap_or_default(),
        run_id: text("run_id").unwrap_or_default(),
    }
}

/// The `raw_text` of each row of a reject CSV file that a person may have edited, by file and row number. Spreadsheets
/// write other delimiters, a byte order mark, other line ends and another order of rows and columns: all of that is read.
pub(crate) fn edited_texts(path: &Path) -> Result<HashMap<(String, u64), String>> {
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashMap::new()),
        bytes => bytes.or_cannot_at("read the reject file", path)?,
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        Error::new("the edited reject file is not valid UTF-8").at(path).hint("save it as CSV UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let header = text.lines().next().unwrap_or_default();
    let delimiter = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|delimiter| header.bytes().filter(|byte| byte == delimiter).count())
        .unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let names = reader.headers().or_cannot_at("read the edited reject file", path)?.clone();
    let place = |name: &str| {
        names.iter().position(|other| other.trim() == name).ok_or_else(|| missing_column(path, name))
    };
    let (file, row, raw) = (place("file")?, place("row_number")?, place("raw_text")?);
    let mut texts = HashMap::new();
    for record in reader.records() {
        let record = record.or_cannot_at("read the edited reject file", path)?;
        let line = record.position().map_or(0, csv::Position::line) as usize;
        let cell = |index: usize| record.get(index).unwrap_or_default();
        let number = cell(row).trim().parse::<u64>().map_err(|_| {
            Error::new(format!("the row number '{}' of the edited reject file is not a number", cell(row)))
                .at_line(path, line)
                .hint("edit only the column raw_text")
        })?;
        let key = (cell(file).to_owned(), number);
        if texts.insert(key, cell(raw).to_owned()).is_some() {
            return Err(Error::new(format!(
                "row {number} of {} is in the edited reject file twice",
                cell(file)
            ))
            .at_line(path, line)
            .hint("correct the row in place; one row cannot become two"));
        }
    }
    Ok(texts)
}

fn missing_column(path: &Path, name: &str) -> Error {
    Error::new(format!("the edited reject file has no column '{name}'")).at(path).hint(
        "edit only the column raw_text; the Parquet file beside it has the same rows, to make a new CSV from",
    )
}
