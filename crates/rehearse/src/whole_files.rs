//! Defects of whole files: one that comes a second time, and a day that does not come.

use crate::defect::{Change, Defect};
use crate::marks::{Mark, Planting};
use crate::rows::{TableRows, texts};
use crate::sheet::Marked;
use ingot_contract::{Column, DataType};
use ingot_generate::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Changes the files of a table, if the defect is one of files.
pub(crate) fn change(
    place: usize,
    defect: &Defect,
    table: &TableRows,
    files: &mut BTreeMap<String, Vec<Marked>>,
    planting: &mut Planting,
) {
    let mark = Mark { owners: BTreeSet::from([place]), touched_by: BTreeSet::new() };
    match defect.change {
        Change::FileTwice => {
            let Some(file) = last_file(table) else { return };
            let Some(rows) = files.get_mut(&file) else { return };
            rows.iter_mut().for_each(|row| row.mark = mark.clone());
            // The copy differs in its order, because a file of the same content would be noticed as such.
            let mut copy: Vec<Marked> = rows.iter().map(|row| Marked::of(&row.values)).collect();
            copy.reverse();
            copy.iter_mut().for_each(|row| row.mark = mark.clone());
            planting.counts.insert(place, copy.len() as u64);
            files.insert(again(&file), copy);
        }
        Change::DayMissing => {
            let names = table.key_names();
            let gone = drop_day(table, files);
            planting.counts.insert(place, gone.len() as u64);
            for row in gone {
                if let Some(key) = texts(&row.values, &table.key).filter(|_| !names.is_empty()) {
                    planting.marks.mark_key(&names, key, &mark);
                }
            }
        }
        _ => {}
    }
}

/// The file that comes twice: the last one whose name can have something behind it.
pub(crate) fn last_file(table: &TableRows) -> Option<String> {
    let file = table.files.keys().next_back()?;
    table.contract.path_values_in(&again(file)).map(|_| file.clone())
}

/// The name of a file that comes a second time.
fn again(file: &str) -> String {
    let (folder, name) = file.rsplit_once('/').map_or(("", file), |(folder, name)| (folder, name));
    let dot = name.find('.').unwrap_or(name.len());
    let name = format!("{}-again{}", &name[..dot], &name[dot..]);
    if folder.is_empty() { name } else { format!("{folder}/{name}") }
}

/// The column whose day the rows of a table are of.
pub(crate) fn day_column(table: &TableRows) -> Option<usize> {
    let is_time = |column: &Column| matches!(column.data_type, DataType::Date | DataType::Timestamp);
    table.contract.columns.iter().position(is_time)
}

/// A day with fewer rows is missed by nobody: it is one of a column such as the date of birth.
const FEWEST_OF_A_DAY: usize = 3;

/// What is missing: the file in the middle, or of few files the rows of the day in the middle.
enum Missing {
    File(String),
    /// The place of the column, and the day.
    Day(usize, String),
}

fn missing(table: &TableRows) -> Option<Missing> {
    if table.files.len() > 2 {
        let rows = table.files.iter().map(|(file, rows)| (file.clone(), rows.len()));
        return middle(rows).map(Missing::File);
    }
    let column = day_column(table)?;
    let mut days: BTreeMap<String, usize> = BTreeMap::new();
    for found in table.all().filter_map(|row| day(&row.values[column])) {
        *days.entry(found).or_default() += 1;
    }
    middle(days.into_iter()).map(|day| Missing::Day(column, day))
}

/// The one in the middle of those that have enough rows.
fn middle(found: impl Iterator<Item = (String, usize)>) -> Option<String> {
    let full: Vec<String> =
        found.filter(|(_, rows)| *rows >= FEWEST_OF_A_DAY).map(|(name, _)| name).collect();
    full.get(full.len() / 2).cloned()
}

fn day(value: &Value) -> Option<String> {
    value.text().get(..10).map(str::to_owned)
}

/// Whether a day has so many rows that somebody could miss them.
pub(crate) fn can_miss_a_day(table: &TableRows) -> bool {
    missing(table).is_some()
}

/// Leaves out what is missing, and gives it.
fn drop_day(table: &TableRows, files: &mut BTreeMap<String, Vec<Marked>>) -> Vec<Marked> {
    let (column, middle) = match missing(table) {
        Some(Missing::File(file)) => return files.get_mut(&file).map(std::mem::take).unwrap_or_default(),
        Some(Missing::Day(column, middle)) => (column, middle),
        None => return Vec::new(),
    };
    let mut gone = Vec::new();
    for rows in files.values_mut() {
        let is_gone = |row: &Marked| day(&row.values[column]).as_ref() == Some(&middle);
        let (out, stay) = std::mem::take(rows).into_iter().partition(is_gone);
        gone.extend::<Vec<Marked>>(out);
        *rows = stay;
    }
    gone
}
