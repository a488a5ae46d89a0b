//! Defects of whole files: one that comes a second time, and a day that does not come.

use crate::defect::{Change, Defect};
use crate::marks::{Mark, Planting};
use crate::rows::{TableRows, texts};
use crate::sheet::Marked;
use ingot_contract::{Column, DataType};
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

/// Leaves out the file in the middle, or of few files the rows of the day in the middle. Gives what is gone.
fn drop_day(table: &TableRows, files: &mut BTreeMap<String, Vec<Marked>>) -> Vec<Marked> {
    if files.len() > 2 {
        let file = files.keys().nth(files.len() / 2).cloned();
        return file.and_then(|file| files.get_mut(&file)).map(std::mem::take).unwrap_or_default();
    }
    let Some(column) = day_column(table) else { return Vec::new() };
    let day = |row: &Marked| row.values[column].text().get(..10).map(str::to_owned);
    let days: BTreeSet<String> = files.values().flatten().filter_map(day).collect();
    let Some(middle) = days.iter().nth(days.len() / 2) else { return Vec::new() };
    let mut gone = Vec::new();
    for rows in files.values_mut() {
        let (out, stay) = std::mem::take(rows).into_iter().partition(|row| day(row).as_ref() == Some(middle));
        gone.extend::<Vec<Marked>>(out);
        *rows = stay;
    }
    gone
}
