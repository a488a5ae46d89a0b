//! Opens a raw file and picks the reader for it.

use super::compressed;
use super::csv::{read_csv, read_csv_alone};
use super::json_documents::JsonDocuments;
use super::jsonl::JsonLines;
use super::parquet::ParquetReader;
use super::parts::{Crew, PART, PartSinks, PartedText as _, Place, read_text_in_parts};
use super::row_sink::RowSink;
use super::source::{Digest, Digested, content_hash};
use super::text_buffer::TextBuffer;
use super::xlsx::XlsxReader;
use crate::read_error::{FileFailure, ReadError};
use ingot_contract::{Format, RawFile, RawForm};
use std::io::Read;
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
            let (text, digest) = open_text(form, file, progress)?;
            read_text_with(form, text, sink, sinks, crew)?;
            let (hash, bytes) = digest.finish();
            Ok(FileContent { hash, bytes })
        }
        // These are read from the end or out of order, so the content is hashed on its own, and before.
        Format::Parquet | Format::Xlsx => {
            let (hash, bytes) = content_hash(&file.path, progress)?;
            read_binary_with(form, file, sink, sinks, crew)?;
            Ok(FileContent { hash, bytes })
        }
        Format::Delta => Err(is_followed().into()),
    }
}

/// As [`read_file`], for those who do not want to know the hash of the content.
pub(crate) fn read_rows_in_parts<S: RowSink, P: PartSinks<S>>(
    form: &RawForm,
    file: &RawFile,
    sink: &mut S,
    sinks: &P,
    crew: &Crew,
) -> Result<(), ReadError> {
    until_enough(match form.format {
        Format::Csv | Format::Jsonl | Format::Json => {
            read_text_with(form, open_text(form, file, &|_| {})?.0, sink, sinks, crew)
        }
        Format::Parquet | Format::Xlsx => read_binary_with(form, file, sink, sinks, crew),
        Format::Delta => Err(is_followed().into()),
    })
}

fn read_text_with<R: Read, S: RowSink, P: PartSinks<S>>(
    form: &RawForm,
    text: TextBuffer<R>,
    sink: &mut S,
    sinks: &P,
    crew: &Crew,
) -> Result<(), ReadError> {
    match form.format {
        Format::Csv => read_csv(text, form, sink, sinks, crew, PART),
        Format::Json => JsonDocuments::new(text, &form.record_path.steps).read(sink),
        _ => read_text_in_parts(&JsonLines, text, Place::default(), sink, sinks, crew, PART),
    }
}

fn read_binary_with<S: RowSink, P: PartSinks<S>>(
    form: &RawForm,
    file: &RawFile,
    sink: &mut S,
    sinks: &P,
    crew: &Crew,
) -> Result<(), ReadError> {
    guarded(|| match form.format {
        Format::Parquet => ParquetReader::new(&file.path).read(sink, sinks, crew),
        _ => XlsxReader::new(&file.path, form).read(sink),
    })
}

/// As [`read_file`], with one thread.
pub(crate) fn read_file_alone<S: RowSink>(
    form: &RawForm,
    file: &RawFile,
    sink: &mut S,
) -> Result<(), ReadError> {
    until_enough(match form.format {
        Format::Csv | Format::Jsonl | Format::Json => {
            let (text, _) = open_text(form, file, &|_| {})?;
            read_text_alone(form, text, sink)
        }
        Format::Parquet => guarded(|| ParquetReader::new(&file.path).read_alone(sink)),
        Format::Xlsx => guarded(|| XlsxReader::new(&file.path, form).read(sink)),
        Format::Delta => Err(is_followed().into()),
    })
}

/// Reads rows from a text in the encoding of the form: CSV or JSON if that is the form, else JSON lines.
pub(crate) fn read_text<S: RowSink>(form: &RawForm, text: &[u8], sink: &mut S) -> Result<(), ReadError> {
    until_enough(read_text_alone(form, TextBuffer::open(text, form.encoding)?, sink))
}

/// A file of which the sink needs no more rows is read.
fn until_enough(read: Result<(), ReadError>) -> Result<(), ReadError> {
    match read {
        Err(ReadError::Enough) => Ok(()),
        read => read,
    }
}

fn read_text_alone<R: Read, S: RowSink>(
    form: &RawForm,
    text: TextBuffer<R>,
    sink: &mut S,
) -> Result<(), ReadError> {
    match form.format {
        Format::Csv => read_csv_alone(text, form, sink),
        Format::Json => JsonDocuments::new(text, &form.record_path.steps).read(sink),
        _ => JsonLines.read_rows(text, Place::default(), sink).map(drop),
    }
}

/// The text of a file, and what is hashed of it while it is read.
fn open_text<'p>(
    form: &RawForm,
    file: &'p RawFile,
    progress: &'p (dyn Fn(u64) + Sync),
) -> Result<(TextBuffer<impl Read + use<'p>>, Digest), FileFailure> {
    let (input, digest) = Digested::open(&file.path, progress)?;
    let input = compressed::open(input, digest.clone(), &file.relative)?;
    Ok((TextBuffer::open(input, form.encoding)?, digest))
}

/// Reads a file with a library that may panic on one that was made to break it.
fn guarded(read: impl FnOnce() -> Result<(), ReadError>) -> Result<(), ReadError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(FileFailure::new("CANNOT_READ", "the file broke its reader; it is most likely damaged").into())
    })
}

fn is_followed() -> FileFailure {
    FileFailure::new("NOT_A_DELTA_TABLE", "a Delta table is followed version by version, not read as a file")
}
