//! Takes rows out of raw files: a CSV file or JSON lines, plain or compressed, is written again, with a row without values in
//! the place of each row that goes, so that numbers, lines and places of all others stay.

use super::blank::{blank_csv, blank_object};
use super::csv_cells::{cell_ranges, emptied};
use super::fields_of_rows;
use super::wanted::WantedRows;
use crate::read::{Digested, Member, RowSink, content_hash, expand, json_cell, read_file_alone};
use crate::read_error::ReadError;
use crate::row::{Position, Reason};
use ingot_contract::{Contract, DataType, Encoding, Format, RawFile};
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::fs::{put_all_in_place, write_beside};
use ingot_lake::arrow::array::RecordBatch;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

/// A raw file with rows of the people that can be written again, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawPlace {
    Rows(u64),
    /// How many rows, and why they cannot be taken out.
    Left(u64, &'static str),
}

/// The rows of a raw file that are wanted.
///
/// # Errors
/// The file cannot be read.
pub fn find_in_raw_file(
    contract: &Contract,
    raw_folder: &Path,
    relative: &str,
    wanted: &WantedRows,
) -> Result<RawPlace> {
    let found = find(contract, raw_folder, relative, wanted)?;
    let rows = found.rows.len() as u64;
    Ok(match why_not(contract) {
        _ if rows == 0 => RawPlace::Rows(0),
        Some(why) => RawPlace::Left(rows, why),
        None => RawPlace::Rows(rows),
    })
}

/// Why raw files of a feed are not written again.
fn why_not(contract: &Contract) -> Option<&'static str> {
    if contract.privacy.keeps_raw_files {
        return Some("the contract says that raw files stay as they are");
    }
    match contract.raw.format {
        Format::Csv if contract.raw.wide_csv.is_some() => Some("its marks are longer than a character"),
        Format::Csv | Format::Jsonl if contract.raw.encoding != Encoding::Utf8 => Some("it is not in UTF-8"),
        Format::Csv | Format::Jsonl => None,
        Format::Json => Some("its records are within documents"),
        Format::Parquet => Some("it is a Parquet file of another program"),
        Format::Xlsx => Some("it is a workbook"),
        Format::Delta => Some("it is a Delta table of another program"),
    }
}

/// Writes raw files again without the people: their rows without a value if they are deleted, else without the columns that
/// are masked. Each file changes in one step.
///
/// # Errors
/// A file cannot be read or written. Done again, it goes on where it was.
pub fn erase_raw_files<'f>(
    contract: &Contract,
    raw_folder: &Path,
    files: impl IntoIterator<Item = &'f str>,
    wanted: &WantedRows,
    masked: Option<&[String]>,
) -> Result<()> {
    let mut written = Vec::new();
    for relative in files {
        let beside = without_people(contract, raw_folder, relative, wanted, masked)?;
        written.extend(beside.map(|beside| (beside, raw_folder.join(relative))));
    }
    put_all_in_place(&written, raw_folder)
}

/// Writes a raw file without the people beside it; `None` if it stays as it is.
fn without_people(
    contract: &Contract,
    raw_folder: &Path,
    relative: &str,
    wanted: &WantedRows,
    masked: Option<&[String]>,
) -> Result<Option<PathBuf>> {
    let path = raw_folder.join(relative);
    let found = find(contract, raw_folder, relative, wanted)?;
    if found.rows.is_empty() || why_not(contract).is_some() {
        return Ok(None);
    }
    let text = expanded(&path, relative)?;
    let mark = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let places: Vec<usize> = masked
        .unwrap_or_default()
        .iter()
        .filter_map(|name| found.names.iter().position(|other| other == name))
        .collect();
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    let mut at = 0;
    for (number, (offset, raw)) in &found.rows {
        let begin = place_of(&text, *offset, mark, raw).ok_or_else(|| {
            Error::defect(format!("row {number} is not at its place in the file")).at(&path)
        })?;
        out.extend_from_slice(&text[at..begin]);
        let row = match (contract.raw.format, masked) {
            (Format::Csv, None) => blank_csv(raw, cell_ranges(raw, &contract.raw.csv).len(), &contract.raw),
            (Format::Csv, Some(_)) => emptied(raw, &contract.raw.csv, &places),
            (_, None) => blank_object(raw),
            (_, Some(names)) => without_members(raw, contract, wanted, names),
        };
        out.extend_from_slice(&row);
        at = begin + raw.len();
    }
    out.extend_from_slice(&text[at..]);
    write_beside(&path, &packed(&path, out)?).map(Some)
}

/// Where a row begins: its offset counts from the beginning of the text, with or without the mark of the encoding.
fn place_of(text: &[u8], offset: u64, mark: usize, raw: &[u8]) -> Option<usize> {
    let offset = usize::try_from(offset).ok()?;
    [offset, offset + mark].into_iter().find(|begin| text.get(*begin..begin + raw.len()) == Some(raw))
}

/// A line of JSON with null in the place of members.
fn without_members(raw: &[u8], contract: &Contract, wanted: &WantedRows, masked: &[String]) -> Vec<u8> {
    let Ok(mut object) = serde_json::from_slice::<serde_json::Value>(raw) else { return blank_object(raw) };
    let in_files = |name: &String| match contract.column(name) {
        Some((_, column)) => column.name_in_files().to_owned(),
        None => name.clone(),
    };
    let members = wanted.columns.iter().filter_map(|one| one.member.clone());
    for name in masked.iter().map(in_files).chain(members) {
        if let Some(value) = object.get_mut(&name) {
            *value = serde_json::Value::Null;
        }
    }
    serde_json::to_vec(&object).unwrap_or_else(|_| blank_object(raw))
}

/// XXH3-128 of a raw file, hexadecimal, as commits remember it, and its length.
///
/// # Errors
/// It cannot be read.
pub fn raw_hash(path: &Path) -> Result<(String, u64)> {
    content_hash(path, &|_| {}).map_err(|failure| Error::from(ReadError::from(failure)).at(path))
}

/// The bytes of a file as they are once they are expanded.
fn expanded(path: &Path, relative: &str) -> Result<Vec<u8>> {
    let failed = |failure| Error::from(ReadError::from(failure)).at(path);
    let (input, digest) = Digested::open(path, &|_| {}).map_err(failed)?;
    let mut input = expand(input, digest, relative).map_err(failed)?;
    let mut text = Vec::new();
    input.read_to_end(&mut text).or_cannot_at("read the file", path)?;
    Ok(text)
}

/// These bytes, compressed as the file is.
fn packed(path: &Path, bytes: Vec<u8>) -> Result<Vec<u8>> {
    let mut first = [0; 4];
    let length = std::fs::File::open(path)
        .and_then(|mut file| file.read(&mut first))
        .or_cannot_at("read the file", path)?;
    let task = "write the raw file again";
    match &first[..length] {
        [0x1f, 0x8b, ..] => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(&bytes).and_then(|()| encoder.finish()).or_cannot_at(task, path)
        }
        first if crate::read::is_compressed(first) => {
            zstd::encode_all(bytes.as_slice(), 3).or_cannot_at(task, path)
        }
        _ => Ok(bytes),
    }
}

/// The wanted rows of a file: their numbers, places and bytes.
struct Found<'w> {
    contract: &'w Contract,
    wanted: &'w WantedRows,
    /// The contract's name of each of the file's columns.
    names: Vec<String>,
    rows: BTreeMap<u64, (u64, Vec<u8>)>,
}

fn find<'w>(
    contract: &'w Contract,
    raw_folder: &Path,
    relative: &str,
    wanted: &'w WantedRows,
) -> Result<Found<'w>> {
    let file = RawFile {
        relative: relative.to_owned(),
        path: raw_folder.join(relative),
        path_values: contract.path_values_in(relative).unwrap_or_default(),
    };
    let mut found = Found { contract, wanted, names: Vec::new(), rows: BTreeMap::new() };
    if contract.raw.format != Format::Delta {
        read_file_alone(&contract.raw, &file, &mut found)
            .map_err(|error| Error::from(error).at(file.path))?;
    }
    Ok(found)
}

impl Found<'_> {
    fn take(&mut self, position: Position, raw: &[u8], fits: bool) -> Result<(), ReadError> {
        if fits {
            self.rows.insert(position.row, (position.byte_offset.unwrap_or_default(), raw.to_vec()));
        }
        Ok(())
    }
}

impl RowSink for Found<'_> {
    fn header(&mut self, names: &[String]) -> Result<Vec<Option<DataType>>, ReadError> {
        self.names = names.iter().map(|name| self.contract.name_of(name)).collect();
        Ok(vec![None; names.len()])
    }

    fn no_header(&mut self, _width: Option<usize>) -> Result<Vec<(String, DataType)>, ReadError> {
        let columns = fields_of_rows(self.contract);
        self.names = columns.iter().map(|(name, _)| name.clone()).collect();
        Ok(columns)
    }

    fn known_columns(&self, names: &[String]) -> usize {
        names.iter().filter(|name| self.contract.column_in_file(name.trim()).is_some()).count()
    }

    fn row<'c>(
        &mut self,
        position: Position,
        raw: &[u8],
        cell: impl Fn(usize) -> Option<&'c [u8]>,
        _is_typed: impl Fn(usize) -> bool,
    ) -> Result<(), ReadError> {
        let fits = self.wanted.fits(|column| {
            let place = self.names.iter().position(|name| name == column)?;
            std::str::from_utf8(cell(place)?).ok()
        });
        self.take(position, raw, fits)
    }

    fn object(&mut self, position: Position, raw: &str, members: &[Member<'_>]) -> Result<(), ReadError> {
        let cells: Vec<(&str, Option<String>)> = members
            .iter()
            .map(|member| {
                let name = self.contract.column_in_file(&member.name);
                let name = name.map_or(&*member.name, |(_, column)| column.name.as_str());
                (name, json_cell(member.value).map(|text| text.into_owned()))
            })
            .collect();
        let fits = self.wanted.fits(|column| {
            match cells.iter().find(|(name, _)| *name == column) {
                Some((_, text)) => text.as_deref(),
                // A column that takes lines whole.
                None => self.contract.column(column).map(|_| raw),
            }
        });
        self.take(position, raw.as_bytes(), fits)
    }

    fn batch(&mut self, first_row: u64, batch: &RecordBatch) -> Result<(), ReadError> {
        let texts: Vec<(String, ingot_lake::arrow::array::StringArray)> = self
            .wanted
            .columns
            .iter()
            .filter_map(|one| {
                let (_, column) = self.contract.column(&one.column)?;
                let array = batch
                    .column_by_name(column.name_in_files())
                    .or_else(|| batch.column_by_name(&one.column))?;
                let text =
                    ingot_lake::arrow::compute::cast(array, &ingot_lake::arrow::datatypes::DataType::Utf8)
                        .ok()?;
                Some((
                    one.column.clone(),
                    text.as_any().downcast_ref::<ingot_lake::arrow::array::StringArray>()?.clone(),
                ))
            })
            .collect();
        for row in 0..batch.num_rows() {
            let fits = self.wanted.fits(|column| {
                use ingot_lake::arrow::array::Array as _;
                let (_, text) = texts.iter().find(|(name, _)| name == column)?;
                text.is_valid(row).then(|| text.value(row))
            });
            let position = Position { row: first_row + row as u64, line: None, byte_offset: None };
            self.take(position, &[], fits)?;
        }
        Ok(())
    }

    fn bad_row(&mut self, position: Position, raw: &[u8], _reasons: Vec<Reason>) -> Result<(), ReadError> {
        let fits = self.wanted.is_in(&String::from_utf8_lossy(raw));
        self.take(position, raw, fits)
    }
}
