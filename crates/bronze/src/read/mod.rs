//! Reading raw files: one small trait, a file for each format.
//!
//! A reader hands every row of its file to the [`Intake`], in order and with its position, or says why the
//! file as a whole cannot be read. It decides nothing about values.

pub mod columnar;
mod compressed;
mod csv;
pub mod delta;
mod encoding;
mod json;
mod jsonl;
pub mod parquet;
mod source;
mod text_buffer;
mod xlsx;

pub use source::{cannot_open, content_hash};

use super::intake::{FileFailure, Intake, Stop};
use ingot_contract::{Contract, Encoding, Evolution, Format, RawFile};
use source::Digested;
use std::panic::{AssertUnwindSafe, catch_unwind};
use text_buffer::TextBuffer;

/// Reads a whole file into an intake.
pub trait Reader {
    fn read(&mut self, contract: &Contract, intake: &mut Intake<'_>) -> Result<ColumnNotes, Stop>;
}

/// How a file's columns differ from the contract's, where that did not stop the load.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnNotes {
    /// The file's columns in its order; empty if its rows name them themselves.
    pub names: Vec<String>,
    /// In the file, unknown to the contract: left out.
    pub extra: Vec<String>,
    /// In the contract, not in the file: null.
    pub missing: Vec<String>,
}

/// For each of the contract's columns its index in the file.
///
/// # Errors
/// A name twice, a required column missing, or what the evolution mode `freeze` forbids.
pub fn match_columns(
    contract: &Contract,
    names: &[String],
) -> Result<(Vec<Option<usize>>, ColumnNotes), FileFailure> {
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            return Err(FileFailure::new("COLUMN_TWICE", format!("the column '{name}' is there twice")));
        }
    }
    let mut notes = ColumnNotes { names: names.to_vec(), ..ColumnNotes::default() };
    let mut source = Vec::with_capacity(contract.columns.len());
    for column in &contract.columns {
        let index = names.iter().position(|name| *name == column.name);
        if index.is_none() && !contract.partitions.iter().any(|partition| partition.name == column.name) {
            if column.required || contract.evolution == Evolution::Freeze {
                let near = ingot_core::error::nearest(&column.name, names.iter().map(String::as_str))
                    .map(|near| format!(" (there is '{near}')"))
                    .unwrap_or_default();
                return Err(FileFailure::new(
                    "COLUMN_MISSING",
                    format!("the file has no column '{}'{near}", column.name),
                )
                .of_column(&column.name));
            }
            notes.missing.push(column.name.clone());
        }
        source.push(index);
    }
    for name in names {
        if contract.column(name).is_none() {
            if contract.evolution == Evolution::Freeze {
                return Err(FileFailure::new(
                    "COLUMN_UNKNOWN",
                    format!("the contract, which is frozen, has no column '{name}'"),
                )
                .of_column(name));
            }
            notes.extra.push(name.clone());
        }
    }
    Ok((source, notes))
}

/// What became of reading one file.
pub struct ReadFile {
    pub content_hash: String,
    pub bytes: u64,
    pub notes: ColumnNotes,
}

/// Reads `file` in the form that its contract states. `progress` is told the bytes as they are read.
pub fn read_file(
    contract: &Contract,
    file: &RawFile,
    intake: &mut Intake<'_>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<ReadFile, Stop> {
    match contract.raw.format {
        Format::Csv | Format::Jsonl => {
            let (input, digest) = Digested::open(&file.path, progress)?;
            let input = compressed::open(input, digest.clone(), &file.relative)?;
            let text = TextBuffer::open(input, contract.raw.encoding)?;
            let notes = match contract.raw.format {
                Format::Csv => csv::CsvReader::new(text).read(contract, intake)?,
                _ => jsonl::JsonlReader::new(text).read(contract, intake)?,
            };
            let (content_hash, bytes) = digest.finish();
            Ok(ReadFile { content_hash, bytes, notes })
        }
        // Read from the end or out of order, so that the content is hashed on its own, and before.
        Format::Parquet | Format::Xlsx => {
            let (content_hash, bytes) = content_hash(&file.path, progress)?;
            // The libraries behind these formats may panic on a file that was made to break them.
            let read = AssertUnwindSafe(|| match contract.raw.format {
                Format::Parquet => parquet::ParquetReader::new(&file.path).read(contract, intake),
                _ => xlsx::XlsxReader::new(&file.path).read(contract, intake),
            });
            let notes = catch_unwind(read).unwrap_or_else(|_| {
                Err(FileFailure::new(
                    "CANNOT_READ",
                    "the file broke its reader, so it is most likely damaged",
                )
                .into())
            })?;
            Ok(ReadFile { content_hash, bytes, notes })
        }
        Format::Delta => {
            Err(FileFailure::new("NOT_A_DELTA_TABLE", "a Delta table is followed, not read as a file").into())
        }
    }
}

/// Reads a text of rows, in UTF-8, in the form of the contract: CSV, else JSON lines.
pub fn read_text(contract: &Contract, text: &[u8], intake: &mut Intake<'_>) -> Result<(), Stop> {
    let text = TextBuffer::open(text, Encoding::Utf8)?;
    match contract.raw.format {
        Format::Csv => csv::CsvReader::new(text).read(contract, intake).map(drop),
        _ => jsonl::JsonlReader::new(text).read(contract, intake).map(drop),
    }
}
