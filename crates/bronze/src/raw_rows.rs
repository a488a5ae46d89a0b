//! Rows of raw files as they were delivered, for those who ask where a value came from: accepted rows by their number, and
//! rejected rows by their values.

use crate::read::{Member, RowSink, json_cell, read_file_alone, read_text};
use crate::read_error::ReadError;
use crate::rejects::{document, form_of_documents, read_rejects, reject_keys, reject_paths};
use crate::row::{Position, Reason, row_hash};
use ingot_contract::{Contract, DataType, RawFile};
use ingot_core::error::{Error, Result};
use ingot_lake::arrow::array::RecordBatch;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A row as it was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredRow {
    pub position: Position,
    pub text: String,
    /// What `src_row_hash` has of it.
    pub hash: i64,
}

/// A rejected row, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// Relative to the raw folder.
    pub file: String,
    pub position: Position,
    pub text: String,
    pub reasons: Vec<Reason>,
}

/// The rows with these numbers of a raw file, as far as its format has rows of text.
///
/// # Errors
/// The file is not there or cannot be read.
pub fn delivered_rows(
    contract: &Contract,
    raw_folder: &Path,
    relative: &str,
    numbers: &BTreeSet<u64>,
) -> Result<BTreeMap<u64, DeliveredRow>> {
    let file = RawFile {
        relative: relative.to_owned(),
        path: raw_folder.join(relative),
        path_values: contract.path_values_in(relative).unwrap_or_default(),
    };
    let mut rows = BTreeMap::new();
    let mut sink = Finder {
        contract,
        names: Vec::new(),
        take: |position: Position, raw: &[u8], _: &[Cell]| {
            if numbers.contains(&position.row) {
                let text = String::from_utf8_lossy(raw).into_owned();
                rows.insert(position.row, DeliveredRow { position, text, hash: row_hash(raw) });
            }
            numbers.last().is_some_and(|last| position.row < *last)
        },
    };
    read_file_alone(&contract.raw, &file, &mut sink).map_err(|error| Error::from(error).at(file.path))?;
    Ok(rows)
}

/// The open rejects of a feed in which every one of these columns has one of its values, and how many there are. At most
/// `limit` are given.
///
/// # Errors
/// A reject file cannot be read.
pub fn rejected_rows(
    contract: &Contract,
    lake: &Path,
    wanted: &[(String, BTreeSet<String>)],
    limit: usize,
) -> Result<(Vec<RejectedRow>, u64)> {
    let (mut found, mut count) = (Vec::new(), 0);
    for key in reject_keys(lake, &contract.name)? {
        let [_, parquet] = reject_paths(lake, &contract.name, &key);
        read_rejects(&parquet, |kept| {
            let reject = kept.reject;
            // Most rows do not have the text anywhere.
            let may_fit =
                wanted.iter().all(|(_, values)| values.iter().any(|value| reject.raw.contains(value)));
            if may_fit && has_values(contract, reject.header.as_deref(), &reject.bytes(), wanted) {
                count += 1;
                if found.len() < limit {
                    found.push(RejectedRow {
                        file: reject.file,
                        position: reject.position,
                        text: reject.raw,
                        reasons: reject.reasons,
                    });
                }
            }
            Ok(())
        })?;
    }
    Ok((found, count))
}

/// Whether a row on its own has these values.
fn has_values(
    contract: &Contract,
    header: Option<&str>,
    raw: &[u8],
    wanted: &[(String, BTreeSet<String>)],
) -> bool {
    let form = form_of_documents(&contract.raw);
    let Ok(text) = document(&form, header, raw) else { return false };
    let mut fits = false;
    let mut sink = Finder {
        contract,
        names: Vec::new(),
        take: |_: Position, _: &[u8], cells: &[Cell]| {
            fits = wanted.iter().all(|(name, values)| {
                cells.iter().any(|(of, text)| {
                    of == name && text.as_deref().is_some_and(|text| values.contains(text.trim()))
                })
            });
            false
        },
    };
    // A damaged row has no values to compare.
    drop(read_text(&form, &text, &mut sink));
    fits
}

/// A column's name, and the text of its cell.
type Cell = (String, Option<String>);

/// Hands the rows of a file over until it is told that these are enough.
struct Finder<'a, T> {
    contract: &'a Contract,
    names: Vec<String>,
    take: T,
}

impl<T: FnMut(Position, &[u8], &[Cell]) -> bool> Finder<'_, T> {
    fn hand_over(&mut self, position: Position, raw: &[u8], cells: &[Cell]) -> Result<(), ReadError> {
        match (self.take)(position, raw, cells) {
            true => Ok(()),
            false => Err(ReadError::Enough),
        }
    }
}

impl<T: FnMut(Position, &[u8], &[Cell]) -> bool> RowSink for Finder<'_, T> {
    fn header(&mut self, names: &[String]) -> Result<Vec<Option<DataType>>, ReadError> {
        self.names = names.iter().map(|name| name.trim().to_owned()).collect();
        let types = names.iter().map(|name| {
            self.contract.column_in_file(name.trim()).map(|(_, column)| column.data_type.clone())
        });
        Ok(types.collect())
    }

    fn no_header(&mut self, _width: Option<usize>) -> Result<Vec<(String, DataType)>, ReadError> {
        let columns: Vec<(String, DataType)> = self
            .contract
            .columns_of_rows()
            .map(|column| (column.name_in_files().to_owned(), column.data_type.clone()))
            .collect();
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
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let cells: Vec<Cell> =
            self.names.iter().enumerate().map(|(at, name)| (name.clone(), cell(at).map(text))).collect();
        self.hand_over(position, raw, &cells)
    }

    fn object(&mut self, position: Position, raw: &str, members: &[Member<'_>]) -> Result<(), ReadError> {
        let cells: Vec<Cell> = members
            .iter()
            .map(|member| (member.name.to_string(), json_cell(member.value).map(|text| text.into_owned())))
            .collect();
        self.hand_over(position, raw.as_bytes(), &cells)
    }

    fn batch(&mut self, _first_row: u64, _batch: &RecordBatch) -> Result<(), ReadError> {
        // Columns of Parquet have no text of their own.
        Err(ReadError::Enough)
    }

    fn bad_row(&mut self, position: Position, raw: &[u8], _reasons: Vec<Reason>) -> Result<(), ReadError> {
        self.hand_over(position, raw, &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract(folder: &Path) -> Contract {
        let text = "apiVersion: v3.1.0\nkind: DataContract\nid: t\nname: t\nversion: 1.0.0\nstatus: active\n\
                    servers:\n  - {server: raw, type: local, path: 't-*.csv', format: csv}\n\
                    schema:\n  - name: t\n    properties:\n      - {name: id, logicalType: integer, physicalType: i64}\n      \
                    - {name: name, logicalType: string}\n";
        let file = folder.join("t.odcs.yaml");
        std::fs::write(&file, text).unwrap();
        ingot_contract::load_all(folder).unwrap().remove(0)
    }

    #[test]
    fn rows_are_found_by_their_number_with_line_and_text() {
        let folder = tempfile::tempdir().unwrap();
        let contract = contract(folder.path());
        std::fs::write(folder.path().join("t-1.csv"), "id,name\n1,a\n2,\"b\nb\"\n3,c\n4,d\n").unwrap();
        let rows = delivered_rows(&contract, folder.path(), "t-1.csv", &BTreeSet::from([2, 3])).unwrap();
        let found: Vec<_> =
            rows.values().map(|row| (row.position.row, row.position.line, row.text.as_str())).collect();
        assert_eq!(found, [(2, Some(3), "2,\"b\nb\""), (3, Some(5), "3,c")]);
        assert_eq!(rows[&3].hash, row_hash(b"3,c"));
        let gone = delivered_rows(&contract, folder.path(), "t-2.csv", &BTreeSet::from([1])).unwrap_err();
        assert_eq!(gone.place().map(|place| place.file.clone()), Some(folder.path().join("t-2.csv")));
    }

    #[test]
    fn a_row_on_its_own_is_compared_by_its_columns() {
        let folder = tempfile::tempdir().unwrap();
        let contract = contract(folder.path());
        let wanted = |name: &str, value: &str| vec![(name.to_owned(), BTreeSet::from([value.to_owned()]))];
        assert!(has_values(&contract, Some("id,name"), b"7,x", &wanted("id", "7")));
        assert!(!has_values(&contract, Some("id,name"), b"1,7", &wanted("id", "7")));
        assert!(has_values(&contract, Some("name,id"), b"x, 7 ", &wanted("id", "7")));
    }
}
