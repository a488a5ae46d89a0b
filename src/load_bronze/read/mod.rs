//! Reading raw files: one small trait, a file for each format.
//!
//! A reader hands every row of its file to the [`Intake`], in order and with its position, or says why the
//! file as a whole cannot be read. It decides nothing about values.

pub mod columnar;
pub mod csv;
pub mod jsonl;
pub mod parquet;
pub mod xlsx;

use super::intake::{FileFailure, Intake, Stop};
use crate::contract::{Contract, Evolution, Format, RawFile};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::Xxh3;

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
                let near = crate::error::nearest(&column.name, names.iter().map(String::as_str))
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
            let notes = match contract.raw.format {
                Format::Csv => csv::CsvReader::new(input).read(contract, intake)?,
                _ => jsonl::JsonlReader::new(input).read(contract, intake)?,
            };
            let (content_hash, bytes) = digest.finish();
            Ok(ReadFile { content_hash, bytes, notes })
        }
        // Read from the end or out of order, so that the content is hashed on its own, and before.
        Format::Parquet | Format::Xlsx => {
            let (content_hash, bytes) = content_hash(&file.path, progress)?;
            let notes = match contract.raw.format {
                Format::Parquet => parquet::ParquetReader::new(&file.path).read(contract, intake)?,
                _ => xlsx::XlsxReader::new(&file.path).read(contract, intake)?,
            };
            Ok(ReadFile { content_hash, bytes, notes })
        }
        Format::Delta => {
            Err(FileFailure::new("NOT_A_FILE", "a Delta table is followed version by version").into())
        }
    }
}

/// Reads a text of rows, in UTF-8, in the form of the contract: CSV with its header, else JSON lines.
pub fn read_text(contract: &Contract, text: &[u8], intake: &mut Intake<'_>) -> Result<(), Stop> {
    match contract.raw.format {
        Format::Csv => csv::CsvReader::new(text).read(contract, intake).map(drop),
        _ => jsonl::JsonlReader::new(text).read(contract, intake).map(drop),
    }
}

/// The file's hash (XXH3-128, hexadecimal) and length.
pub fn content_hash(path: &Path, progress: &(dyn Fn(u64) + Sync)) -> Result<(String, u64), FileFailure> {
    let (mut input, digest) = Digested::open(path, progress)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(FileFailure::new("CANNOT_READ", error.to_string())),
        }
    }
    Ok(digest.finish())
}

/// A file that is hashed while it is read.
struct Digested<'p> {
    file: File,
    digest: Digest,
    progress: &'p (dyn Fn(u64) + Sync),
}

#[derive(Clone)]
struct Digest(Arc<Mutex<(Xxh3, u64)>>);

impl Digest {
    fn finish(&self) -> (String, u64) {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (format!("{:032x}", state.0.digest128()), state.1)
    }
}

impl<'p> Digested<'p> {
    fn open(path: &Path, progress: &'p (dyn Fn(u64) + Sync)) -> Result<(Self, Digest), FileFailure> {
        let file = File::open(path).map_err(|error| cannot_open(&error))?;
        let digest = Digest(Arc::new(Mutex::new((Xxh3::new(), 0))));
        Ok((Self { file, digest: digest.clone(), progress }, digest))
    }
}

impl Read for Digested<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(out)?;
        let mut state = self.digest.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0.update(&out[..count]);
        state.1 += count as u64;
        drop(state);
        (self.progress)(count as u64);
        Ok(count)
    }
}

pub fn cannot_open(error: &std::io::Error) -> FileFailure {
    match error.kind() {
        std::io::ErrorKind::NotFound => FileFailure::new("VANISHED", "the file is not there any more"),
        std::io::ErrorKind::PermissionDenied => {
            FileFailure::new("NO_PERMISSION", "no permission to read the file")
        }
        _ => FileFailure::new("CANNOT_READ", error.to_string()),
    }
}
