//! Takes rejected rows out of reject files: of the Parquet file, of the CSV file beside it, and of what a replay has kept.

use super::fields_of_rows;
use super::record::summed;
use super::wanted::WantedRows;
use crate::read::{Member, RowSink, json_cell, read_text};
use crate::read_error::ReadError;
use crate::rejects::{KeptReject, document, form_of_documents, read_rejects, reject_folder};
use crate::row::{Position, Reason};
use crate::run_stamp::commit_of;
use ingot_contract::{Contract, DataType};
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::fs::{put_in_place, replace_content};
use ingot_lake::arrow::array::BooleanArray;
use ingot_lake::arrow::compute::filter_record_batch;
use ingot_lake::parquet::arrow::ArrowWriter;
use ingot_lake::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ingot_lake::parquet::basic::{Compression, ZstdLevel};
use ingot_lake::parquet::file::properties::WriterProperties;
use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

/// What was found in the reject files of a table, or taken out of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RejectErasure {
    pub rows: u64,
    /// Reject files that have, or had, such rows.
    pub files: Vec<PathBuf>,
    /// By raw file and key of the commit that rejected them, those that were open.
    pub rejected: Vec<(String, String, u64)>,
}

/// Finds the rejected rows of the people in all reject files of a table, and takes them out unless this is a `dry_run`.
///
/// # Errors
/// A reject file cannot be read or written.
pub fn erase_rejects(
    contract: &Contract,
    lake: &Path,
    wanted: &WantedRows,
    dry_run: bool,
) -> Result<RejectErasure> {
    let folder = reject_folder(lake, &contract.name);
    let mut done = RejectErasure::default();
    let mut open: Vec<(String, String)> = Vec::new();
    for (path, is_open) in parquet_files(&folder)? {
        let key = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut found: HashSet<(String, u64)> = HashSet::new();
        let mut keep: Vec<bool> = Vec::new();
        read_rejects(&path, |kept| {
            let is_wanted = is_wanted(contract, wanted, &kept);
            keep.push(!is_wanted);
            if is_wanted {
                if is_open {
                    open.push((kept.reject.file.clone(), key.clone()));
                }
                found.insert((kept.reject.file, kept.reject.position.row));
            }
            Ok(())
        })?;
        if found.is_empty() {
            continue;
        }
        if is_open {
            done.rows += found.len() as u64;
        }
        done.files.push(path.clone());
        let csv = path.with_extension("csv");
        let has_csv = is_open && csv.is_file();
        if has_csv {
            done.files.push(csv.clone());
        }
        if !dry_run {
            // The CSV file first: while the Parquet file has the rows, a run that was killed finds them again.
            if has_csv {
                filter_csv(&csv, &found)?;
            }
            filter_parquet(&path, &keep)?;
        }
    }
    done.rejected = summed(open);
    Ok(done)
}

/// All reject files of a table, and whether their rows are open.
fn parquet_files(folder: &Path) -> Result<Vec<(PathBuf, bool)>> {
    let mut files = Vec::new();
    for (folder, is_open) in [(folder.to_path_buf(), true), (folder.join("replayed"), false)] {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.or_cannot_at("list the folder", &folder)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".parquet") && commit_of(&name).is_some() {
                files.push((path, is_open));
            }
        }
    }
    files.sort();
    Ok(files)
}

fn is_wanted(contract: &Contract, wanted: &WantedRows, kept: &KeptReject) -> bool {
    let reject = &kept.reject;
    if wanted.is_in(&reject.raw) {
        return true;
    }
    let form = form_of_documents(&contract.raw);
    let Ok(text) = document(&contract.raw, reject.header.as_deref(), &reject.bytes()) else { return false };
    let mut cells = Cells { contract, names: Vec::new(), cells: Vec::new(), raw: String::new() };
    // A damaged row has no cells.
    drop(read_text(&form, &text, &mut cells));
    wanted.fits(|column| match cells.cells.iter().find(|(name, _)| name == column) {
        Some((_, text)) => text.as_deref(),
        None => contract.column(column).map(|_| cells.raw.as_str()),
    })
}

/// The cells of one row, by the names of the contract's columns.
struct Cells<'c> {
    contract: &'c Contract,
    names: Vec<String>,
    cells: Vec<(String, Option<String>)>,
    raw: String,
}

impl RowSink for Cells<'_> {
    fn header(&mut self, names: &[String]) -> Result<Vec<Option<DataType>>, ReadError> {
        self.names = names.iter().map(|name| self.contract.name_of(name)).collect();
        Ok(vec![None; names.len()])
    }

    fn no_header(&mut self, _width: Option<usize>) -> Result<Vec<(String, DataType)>, ReadError> {
        let columns = fields_of_rows(self.contract);
        self.names = columns.iter().map(|(name, _)| name.clone()).collect();
        Ok(columns)
    }

    fn row<'c>(
        &mut self,
        _position: Position,
        _raw: &[u8],
        cell: impl Fn(usize) -> Option<&'c [u8]>,
        _is_typed: impl Fn(usize) -> bool,
    ) -> Result<(), ReadError> {
        let text = |place: usize| cell(place).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        self.cells = self.names.iter().enumerate().map(|(at, name)| (name.clone(), text(at))).collect();
        Err(ReadError::Enough)
    }

    fn object(&mut self, _position: Position, raw: &str, members: &[Member<'_>]) -> Result<(), ReadError> {
        raw.clone_into(&mut self.raw);
        self.cells = members
            .iter()
            .map(|member| {
                (self.contract.name_of(&member.name), json_cell(member.value).map(|text| text.into_owned()))
            })
            .collect();
        Err(ReadError::Enough)
    }

    fn bad_row(&mut self, _position: Position, raw: &[u8], _reasons: Vec<Reason>) -> Result<(), ReadError> {
        self.raw = String::from_utf8_lossy(raw).into_owned();
        Err(ReadError::Enough)
    }
}

/// Writes a Parquet file again with the rows to keep; without one, it is removed.
fn filter_parquet(path: &Path, keep: &[bool]) -> Result<()> {
    if !keep.contains(&true) {
        return std::fs::remove_file(path).or_cannot_at("remove the file", path);
    }
    let task = "write the reject file again";
    let source = File::open(path).or_cannot_at(task, path)?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(source).or_cannot_at(task, path)?;
    let beside = path.with_extension("parquet.erased");
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap_or_default()))
        .build();
    let output = File::create(&beside).or_cannot_at(task, &beside)?;
    let mut writer = ArrowWriter::try_new(output, reader.schema().clone(), Some(properties))
        .or_cannot_at(task, &beside)?;
    let mut at = 0;
    for batch in reader.build().or_cannot_at(task, path)? {
        let batch = batch.or_cannot_at(task, path)?;
        let mask = BooleanArray::from(keep[at..at + batch.num_rows()].to_vec());
        at += batch.num_rows();
        let kept = filter_record_batch(&batch, &mask).or_cannot_at(task, path)?;
        writer.write(&kept).or_cannot_at(task, &beside)?;
    }
    writer.close().or_cannot_at(task, &beside)?;
    put_in_place(&beside, path, path.parent().unwrap_or(path))
}

/// Takes records out of a reject CSV file, which a person may have edited: the others stay byte for byte.
fn filter_csv(path: &Path, taken_out: &HashSet<(String, u64)>) -> Result<()> {
    let task = "write the reject file again";
    let bytes = std::fs::read(path).or_cannot_at(task, path)?;
    let header = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|delimiter| header.iter().filter(|byte| *byte == delimiter).count())
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(&bytes[..]);
    let names = reader.byte_headers().or_cannot_at(task, path)?.clone();
    let place = |name: &str| {
        names
            .iter()
            .position(|other| String::from_utf8_lossy(other).trim_start_matches('\u{feff}').trim() == name)
            .ok_or_else(|| Error::new(format!("the reject file has no column '{name}'")).at(path))
    };
    let (file, row) = (place("file")?, place("row_number")?);
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let first = usize::try_from(reader.position().byte()).unwrap_or_default();
    out.extend_from_slice(&bytes[..first]);
    let mut record = csv::ByteRecord::new();
    let (mut begin, mut kept) = (first, 0);
    while reader.read_byte_record(&mut record).or_cannot_at(task, path)? {
        let end = usize::try_from(reader.position().byte()).unwrap_or(bytes.len()).min(bytes.len());
        let text = |at: usize| String::from_utf8_lossy(record.get(at).unwrap_or_default()).into_owned();
        let number = text(row).trim().parse::<u64>().unwrap_or_default();
        if !taken_out.contains(&(text(file), number)) {
            out.extend_from_slice(&bytes[begin..end]);
            kept += 1;
        }
        begin = end;
    }
    if kept == 0 {
        return std::fs::remove_file(path).or_cannot_at("remove the file", path);
    }
    replace_content(path, &out)
}
