//! Defects put into the raw files of the copy, so that they do not meet: a defect has rows to itself, which no other defect
//! touches, and neither do others touch the rows that these refer to, or that refer to these. Files are written again as
//! their contract has them.

use crate::defect::Defect;
use crate::marks::{Mark, Marks, Planting};
use crate::references::References;
use crate::rows::{TableRows, texts};
use crate::scratch::{Scratch, remove};
use crate::sheet::{Marked, Sheet};
use crate::whole_files;
use ingot_contract::Column;
use ingot_core::error::Result;
use ingot_generate::{RawWriter, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Rows that a defect has to itself, if there are enough.
const OWN_ROWS: usize = 3;

/// Plants these of the defects. What they have changed comes back.
///
/// # Errors
/// A file of the copy cannot be written.
pub(crate) fn plant(
    scratch: &Scratch,
    tables: &[TableRows],
    defects: &[Defect],
    round: &[usize],
    seed: u64,
) -> Result<Planting> {
    let mut planting = Planting::default();
    let mut sheets: Vec<Sheet> = tables.iter().map(Sheet::new).collect();
    let references = References::new(tables);
    let mut reserved: BTreeSet<(usize, usize)> = BTreeSet::new();
    // Parts and what refers to others first: they say which rows of the others must stay as they are.
    for table in references.children_first() {
        let own: Vec<usize> = round.iter().copied().filter(|place| defects[*place].table == table).collect();
        let rows = sheets[table].rows.len();
        let clean: Vec<bool> = tables[table].all().map(|row| row.is_clean).collect();
        let at_most = OWN_ROWS.min(rows * 2 / 3 / own.len().max(1)).max(1);
        let mut from = (seed % rows.max(1) as u64) as usize;
        for place in own {
            let defect = &defects[place];
            let mut found = 0;
            for step in 0..rows {
                let row = (from + step) % rows;
                let is_free = clean[row]
                    && sheets[table].rows[row].mark.owners.is_empty()
                    && !reserved.contains(&(table, row))
                    && (!defect.is_of_column() || row >= rows / 2);
                if !is_free || !sheets[table].change(row, defect, tables) {
                    continue;
                }
                sheets[table].rows[row].mark.owners.insert(place);
                reserved.extend(references.ancestors(table, row));
                found += 1;
                if found == at_most {
                    from = row + 1;
                    break;
                }
            }
            if found > 0 {
                *planting.counts.entry(place).or_default() += found as u64;
            }
        }
    }
    for place in round {
        let defect = &defects[*place];
        if defect.is_of_column() && planting.counts.contains_key(place) {
            let rows = sheets[defect.table].rows.len();
            for row in rows / 2..rows {
                let is_owned = |table: usize, row: usize| !sheets[table].rows[row].mark.owners.is_empty();
                if reserved.contains(&(defect.table, row))
                    || is_owned(defect.table, row)
                    || references
                        .ancestors(defect.table, row)
                        .iter()
                        .any(|(table, row)| is_owned(*table, *row))
                {
                    continue;
                }
                if sheets[defect.table].change(row, defect, tables) {
                    sheets[defect.table].rows[row].mark.touched_by.insert(*place);
                    *planting.counts.entry(*place).or_default() += 1;
                }
            }
        }
    }
    for (index, sheet) in sheets.into_iter().enumerate() {
        let own: Vec<usize> = round.iter().copied().filter(|place| defects[*place].table == index).collect();
        if own.is_empty() {
            continue;
        }
        let mut files = sheet.files(&tables[index]);
        for place in own {
            whole_files::change(place, &defects[place], &tables[index], &mut files, &mut planting);
        }
        // A file in which nothing is other stays as it is.
        files.retain(|file, rows| {
            let before = tables[index].files.get(file).map(Vec::len);
            before != Some(rows.len()) || rows.iter().any(|row| row.mark != Mark::default())
        });
        planting.files.extend(files.keys().cloned());
        write_files(scratch, &tables[index], files, &mut planting.marks)?;
    }
    Ok(planting)
}

/// Writes the rows of a table as they are, without a defect.
///
/// # Errors
/// A file of the copy cannot be written.
pub(crate) fn write_as_is(scratch: &Scratch, table: &TableRows) -> Result<()> {
    let sheet = Sheet::new(table);
    write_files(scratch, table, sheet.files(table), &mut Marks::default())
}

fn write_files(
    scratch: &Scratch,
    table: &TableRows,
    files: BTreeMap<String, Vec<Marked>>,
    marks: &mut Marks,
) -> Result<()> {
    for (file, rows) in files {
        let path = scratch.project.data_raw().join(&file);
        remove(&path)?;
        if !rows.is_empty() {
            write_file(&path, table, rows, &file, marks)?;
        }
    }
    Ok(())
}

fn write_file(
    path: &std::path::Path,
    table: &TableRows,
    rows: Vec<Marked>,
    file: &str,
    marks: &mut Marks,
) -> Result<()> {
    let contract = &table.contract;
    let written: Vec<usize> = (0..contract.columns.len()).filter(|place| table.is_in_files(*place)).collect();
    let columns: Vec<&Column> = written.iter().map(|place| &contract.columns[*place]).collect();
    let names = table.key_names();
    let mut writer = RawWriter::create(contract, path, &columns)?;
    for mut row in rows {
        if row.mark != Mark::default() {
            marks.mark_place(file, writer.rows() as i64 + 1, &row.mark);
            if !names.is_empty() {
                let after = texts(&row.values, &table.key);
                let both: BTreeSet<Vec<String>> = row.key.into_iter().chain(after).collect();
                both.into_iter().for_each(|key| marks.mark_key(&names, key, &row.mark));
            }
        }
        let values =
            written.iter().map(|place| std::mem::replace(&mut row.values[*place], Value::Null)).collect();
        writer.write(values)?;
    }
    writer.close()
}
