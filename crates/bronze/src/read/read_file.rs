//! Opens a raw file and picks the reader for it.

use super::compressed;
use super::csv::{read_csv, read_csv_alone};
use super::json_documents::JsonDocuments;
use super::jsonl::JsonLines;
use super::parquet::ParquetReader;
use super::parts::{Crew, PART, PartSinks, PartedText as _, Place, read_text_in_parts};
use super::row_sink::RowSink;
use super::source::{Digested, content_hash};
use super::text_buffer::TextBuffer;
use super::xlsx::XlsxReader;
use crate::read_error::{FileFailure, ReadError};
use ingot_contract::{Format, RawFile, RawForm};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What was read of a file, whatever became of its rows.
pub(crate) struct FileContent {
    /// XXH3-128 of the file's bytes, hexadecimal.
    pub(crate) hash: String,
    pub(crate) bytes: u64,
}

/// Reads `file`, which has the given form, into a sink; big ones by way of `sinks` with all threads that the crew can
/// spare. `progress` is told the bytes as they are read.
pub(crate) fn read_file<S: RowSink, P: PartSinks<S>>(
    form: &RawForm,
    file: &RawFile,
    sink: &mut S,
    sinks: &P,
    crew: &Crew,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<FileContent, ReadError> {
    match form.format {
        Format::Csv | Format::Jsonl | Format::Json => {
            let (input, digest) = Digested::open(&file.path, progress)?;
            let input = compressed::open(input, digest.clone(), &file.relative)?;
            let text = TextBuffer::open(input, form.encoding)?;
            match form.format {
                Format::Csv => read_csv(text, form, sink, sinks, crew, PART)?,
                Format::Json => JsonDocuments::new(text, &form.record_path.steps).read(sink)?,
                _ => read_text_in_parts(&JsonLines, text, Place::default(), sink, sinks, crew, PART)?,
            }
            let (hash, bytes) = digest.finish();
            Ok(FileContent { hash, bytes })
        }
        // These are read from the end or out of order, so the content is hashed on its own, and before.
        Format::Parquet | Format::Xlsx => {
            let (hash, bytes) = content_hash(&file.path, progress)?;
            // The libraries behind these formats may panic on a file that was made to break them.
            let read = AssertUnwindSafe(|| match form.format {
                Format::Parquet => ParquetReader::new(&file.path).read(sink, sinks, crew),
                _ => XlsxReader::new(&file.path, form).read(sink),
            });
            catch_unwind(read).unwrap_or_else(|_| {
                Err(FileFailure::new("CANNOT_READ", "the file broke its reader; it is most likely damaged")
                    .into())
            })?;
            Ok(FileContent { hash, bytes })
        }
        Format::Delta => Err(FileFailure::new(
            "NOT_A_DELTA_TABLE",
            "a Delta table is followed version by version, not read as a file",
        )
        .into()),
    }
}

/// As [`read_file`], with one thread.
pub(crate) fn read_file_alone<S: RowSink>(
    form: &RawForm,
    file: &RawFile,
    sink: &mut S,
) -> Result<(), ReadError> {
    let broke =
        |_| FileFailure::new("CANNOT_READ", "the file broke its reader; it is most likely damaged").into();
    match form.format {
        Format::Csv | Format::Jsonl | Format::Json => {
            let (input, digest) = Digested::open(&file.path, &|_| {})?;
            let input = compressed::open(input, digest, &file.relative)?;
            let text = TextBuffer::open(input, form.encoding)?;
            match form.format {
                Format::Csv => read_csv_alone(text, form, sink),
                Format::Json => JsonDocuments::new(text, &form.record_path.steps).read(sink),
                _ => JsonLines.read_rows(text, Place::default(), sink).map(drop),
            }
        }
        // The libraries behind these formats may panic on a file that was made to break them.
        Format::Parquet => catch_unwind(AssertUnwindSafe(|| ParquetReader::new(&file.path).read_alone(sink)))
            .unwrap_or_else(|panic| Err(broke(panic))),
        Format::Xlsx => catch_unwind(AssertUnwindSafe(|| XlsxReader::new(&file.path, form).read(sink)))
            .unwrap_or_else(|panic| Err(broke(panic))),
        Format::Delta => Err(FileFailure::new(
            "NOT_A_DELTA_TABLE",
            "a Delta table is followed version by version, not read as a file",
        )
        .into()),
    }
}

/// Reads rows from a text in the encoding of the form: CSV or JSON if that is the form, else JSON lines.
pub(crate) fn read_text<S: RowSink>(form: &RawForm, text: &[u8], sink: &mut S) -> Result<(), ReadError> {
    let text = TextBuffer::open(text, form.encoding)?;
    match form.format {
        Format::Csv => read_csv_alone(text, form, sink),
        Format::Json => JsonDocuments::new(text, &form.record_path.steps).read(sink),
        _ => JsonLines.read_rows(text, Place::default(), sink).map(drop),
    }
}
