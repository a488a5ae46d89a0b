//! Defects put into the raw files of the copy. Files are written again as their contract has them, with the rows that
//! bronze accepted.

use crate::kinds::{Change, Defect};
use crate::rows::{SourceRow, TableRows};
use crate::scratch::{Scratch, remove};
use ingot_contract::{Column, DataType};
use ingot_core::error::Result;
use ingot_generate::{RawWriter, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Rows that a defect of rows is planted in.
const ROWS_OF_A_DEFECT: usize = 3;

/// Where a defect is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Planted {
    /// Files and row numbers, counted from 1, of the rows that have it.
    pub(crate) rows: BTreeSet<(String, i64)>,
    /// How many rows it has changed.
    pub(crate) count: u64,
}

/// A row on its way into a file, with the defects that it has.
struct Marked {
    values: Vec<Value>,
    defects: Vec<usize>,
}

/// Plants these defects, which do not meet: those of rows are in different rows, and a column has one of the others at
/// most. What each has changed comes back, in their order.
///
/// # Errors
/// A file of the copy cannot be written.
pub(crate) fn plant(
    scratch: &Scratch,
    tables: &[TableRows],
    defects: &[&Defect],
    seed: u64,
) -> Result<Vec<Planted>> {
    let mut planted = vec![Planted::default(); defects.len()];
    for (index, table) in tables.iter().enumerate() {
        let own: Vec<usize> = (0..defects.len()).filter(|place| defects[*place].table == index).collect();
        if !own.is_empty() {
            plant_table(scratch, table, defects, &own, seed, &mut planted)?;
        }
    }
    Ok(planted)
}

/// Undoes [`plant`].
///
/// # Errors
/// A file of the copy cannot be written.
pub(crate) fn restore(scratch: &Scratch, tables: &[TableRows], defects: &[&Defect]) -> Result<()> {
    let touched: BTreeSet<usize> = defects.iter().map(|defect| defect.table).collect();
    for index in touched {
        for file in tables[index].files.keys() {
            scratch.restore(file)?;
            remove(&scratch.project.data_raw().join(again(file)))?;
        }
    }
    Ok(())
}

/// The name of a file that comes a second time: one that the same pattern fits.
fn again(file: &str) -> String {
    let (folder, name) = file.rsplit_once('/').map_or(("", file), |(folder, name)| (folder, name));
    let dot = name.find('.').unwrap_or(name.len());
    let name = format!("{}-again{}", &name[..dot], &name[dot..]);
    if folder.is_empty() { name } else { format!("{folder}/{name}") }
}

fn plant_table(
    scratch: &Scratch,
    table: &TableRows,
    defects: &[&Defect],
    own: &[usize],
    seed: u64,
    planted: &mut [Planted],
) -> Result<()> {
    let mut files: BTreeMap<String, Vec<Marked>> = table
        .files
        .iter()
        .map(|(file, rows)| {
            let marked =
                rows.iter().map(|row| Marked { values: row.values.clone(), defects: Vec::new() }).collect();
            (file.clone(), marked)
        })
        .collect();
    let mut clean: Vec<(&str, usize)> = Vec::new();
    for (file, rows) in &table.files {
        let places = rows.iter().enumerate().filter(|(_, row): &(usize, &SourceRow)| row.is_clean);
        clean.extend(places.map(|(place, _)| (file.as_str(), place)));
    }
    if !clean.is_empty() {
        let first = (seed % clean.len() as u64) as usize;
        clean.rotate_left(first);
    }
    // Spread over all files, so that neighbours in a list of defects are not neighbours in a file.
    let step = (clean.len() / (own.len() * ROWS_OF_A_DEFECT).max(1)).max(1);
    let mut next = 0;
    for index in own {
        let defect = defects[*index];
        match (&defect.change, defect.column) {
            (Change::Value(value), Some(column)) => {
                for _ in 0..ROWS_OF_A_DEFECT {
                    let Some((file, place)) = clean.get(next * step).copied() else { break };
                    next += 1;
                    let Some(row) = files.get_mut(file).and_then(|rows| rows.get_mut(place)) else {
                        continue;
                    };
                    row.values[column] = value.clone();
                    row.defects.push(*index);
                }
            }
            (Change::RowTwice, _) => {
                for _ in 0..ROWS_OF_A_DEFECT {
                    let Some((file, place)) = clean.get(next * step).copied() else { break };
                    next += 1;
                    let Some(rows) = files.get_mut(file) else { continue };
                    let twin = Marked { values: rows[place].values.clone(), defects: vec![*index] };
                    // At the end, so that the places of the others stay.
                    rows.push(twin);
                }
            }
            (Change::FileTwice, _) => {}
            (Change::DayMissing, _) => planted[*index].count += drop_day(table, &mut files),
            (change, Some(column)) => change_all(change, column, *index, table, &mut files),
            (_, None) => {}
        }
    }
    write_files(scratch, table, files, planted)?;
    for index in own {
        if matches!(defects[*index].change, Change::FileTwice)
            && let Some(file) = table.files.keys().next_back()
        {
            let folder = scratch.project.data_raw();
            // The copy differs in its order, because a file of the same content would be noticed as such.
            let mut rows: Vec<Marked> = table.files[file]
                .iter()
                .map(|row| Marked { values: row.values.clone(), defects: Vec::new() })
                .collect();
            rows.reverse();
            planted[*index].count += rows.len() as u64;
            write_file(&folder.join(again(file)), table, rows, file, &mut [])?;
        }
    }
    Ok(())
}

/// Changes the newest half of the rows.
fn change_all(
    change: &Change,
    column: usize,
    index: usize,
    table: &TableRows,
    files: &mut BTreeMap<String, Vec<Marked>>,
) {
    let data_type = &table.contract.columns[column].data_type;
    let total: usize = files.values().map(Vec::len).sum();
    let mut seen = 0;
    for row in files.values_mut().flatten() {
        seen += 1;
        if seen <= total / 2 {
            continue;
        }
        let before = row.values[column].clone();
        let after = match change {
            Change::Scale(factor) => scaled(data_type, &before, *factor as f64),
            Change::Move(share) => scaled(data_type, &before, 1.0 + share),
            Change::Swap(other) => {
                row.values.swap(column, *other);
                row.values[column].clone()
            }
            Change::Rename { from, to } if before.text() == *from => Value::Text(to.clone()),
            Change::Empty if seen % 10 != 0 => Value::Null,
            _ => before.clone(),
        };
        if after != before {
            row.values[column] = after;
            row.defects.push(index);
        }
    }
}

/// A number times a factor, if its type can hold it.
fn scaled(data_type: &DataType, value: &Value, factor: f64) -> Value {
    match (data_type, value) {
        (DataType::I32, Value::Int(number)) => {
            let scaled = (*number as f64 * factor) as i64;
            Value::Int(if i32::try_from(scaled).is_ok() { scaled } else { *number })
        }
        (_, Value::Int(number)) => Value::Int((*number as f64 * factor) as i64),
        (_, Value::Float(number)) => Value::Float(number * factor),
        (DataType::Decimal { precision, .. }, Value::Decimal { units, scale }) => {
            let scaled = (*units as f64 * factor) as i128;
            let fits = scaled.unsigned_abs() < 10u128.pow(u32::from(*precision));
            Value::Decimal { units: if fits { scaled } else { *units }, scale: *scale }
        }
        _ => value.clone(),
    }
}

/// Leaves out the file in the middle, or of a single file the rows of the day in the middle.
fn drop_day(table: &TableRows, files: &mut BTreeMap<String, Vec<Marked>>) -> u64 {
    if files.len() > 2 {
        let Some(file) = files.keys().nth(files.len() / 2).cloned() else { return 0 };
        return files.get_mut(&file).map_or(0, |rows| std::mem::take(rows).len() as u64);
    }
    let is_time = |column: &Column| matches!(column.data_type, DataType::Date | DataType::Timestamp);
    let Some(column) = table.contract.columns.iter().position(is_time) else { return 0 };
    let day = |row: &Marked| row.values[column].text().get(..10).map(str::to_owned);
    let days: BTreeSet<String> = files.values().flatten().filter_map(day).collect();
    let Some(middle) = days.iter().nth(days.len() / 2) else { return 0 };
    let mut dropped = 0;
    for rows in files.values_mut() {
        let before = rows.len();
        rows.retain(|row| day(row).as_deref() != Some(middle));
        dropped += (before - rows.len()) as u64;
    }
    dropped
}

fn write_files(
    scratch: &Scratch,
    table: &TableRows,
    files: BTreeMap<String, Vec<Marked>>,
    planted: &mut [Planted],
) -> Result<()> {
    for (file, rows) in files {
        let path = scratch.project.data_raw().join(&file);
        if rows.is_empty() {
            remove(&path)?;
        } else {
            write_file(&path, table, rows, &file, planted)?;
        }
    }
    Ok(())
}

fn write_file(
    path: &std::path::Path,
    table: &TableRows,
    rows: Vec<Marked>,
    file: &str,
    planted: &mut [Planted],
) -> Result<()> {
    let contract = &table.contract;
    let written: Vec<usize> = (0..contract.columns.len())
        .filter(|place| !contract.raw.path_names(&contract.columns[*place].name))
        .collect();
    let columns: Vec<&Column> = written.iter().map(|place| &contract.columns[*place]).collect();
    remove(path)?;
    let mut writer = RawWriter::create(contract, path, &columns)?;
    for mut row in rows {
        for index in &row.defects {
            if let Some(planted) = planted.get_mut(*index) {
                planted.rows.insert((file.to_owned(), writer.rows() as i64 + 1));
                planted.count += 1;
            }
        }
        let values =
            written.iter().map(|place| std::mem::replace(&mut row.values[*place], Value::Null)).collect();
        writer.write(values)?;
    }
    writer.close()
}
