//! Where the table of a CSV file begins, and which rows name its columns.

use super::cells::{is_data, may_be_header, told_apart};
use super::form::Look;
use super::header::verdict;
use super::record::Record;
use std::collections::BTreeSet;

/// Longest run of lines in front of a table.
const LONGEST_PREAMBLE: usize = 40;

/// Where the table begins, and which rows name its columns.
pub(super) fn place(records: &[Record], width: usize, look: &mut Look) {
    let is_row = |record: &&Record| !record.is_broken && record.cells.len() == width;
    let mut at = 0;
    let ends_empty = {
        let mut rows = records.iter().filter(is_row).peekable();
        rows.peek().is_some() && rows.all(|row| row.cells.last().is_some_and(|cell| cell.trim().is_empty()))
    };
    // A title is a row with one cell, also where delimiters fill it up.
    while at < records.len().min(LONGEST_PREAMBLE) {
        let record = &records[at];
        let filled = record.cells.iter().filter(|cell| !cell.trim().is_empty()).count();
        let is_title = width > 2 && filled <= 1 && records.get(at + 1).is_some();
        if is_row(&record) && !is_title {
            break;
        }
        // One field less than the rows: a header without a name for the row's number, as R writes it, or rows that end with a
        // delimiter.
        let is_short = record.cells.len() + 1 == width;
        let cells: Vec<&str> = record.cells.iter().map(String::as_str).collect();
        if is_short
            && (width > 2 || ends_empty)
            && may_be_header(&cells)
            && records.get(at + 1).as_ref().is_some_and(is_row)
        {
            look.form.place.header_rows = 0;
            look.form.place.skip_rows = records[at + 1].line - 1;
            let names = record.cells.iter().map(|cell| cell.trim().to_owned());
            if ends_empty {
                let last = format!("column_{width}");
                look.own_names = Some(told_apart(names.chain([last.clone()])));
                look.note(format!(
                    "Rows end with a delimiter, which the header on line {} does not have; so the columns are named by their \
                     place, and the last one, '{last}', has no values.",
                    record.line
                ));
                return;
            }
            look.own_names = Some(told_apart(std::iter::once("row_name".to_owned()).chain(names)));
            look.note(format!(
                "The header on line {} has one name less than the rows have fields, so the first column is 'row_name'.",
                record.line
            ));
            return;
        }
        at += 1;
    }
    let Some(first) = records.get(at).filter(is_row) else {
        look.form.place.header_rows = 0;
        return;
    };
    let cells: Vec<&str> = first.cells.iter().map(String::as_str).collect();
    let below: Vec<Vec<String>> =
        records[at + 1..].iter().filter(is_row).take(200).map(|record| record.cells.clone()).collect();
    let upper_of = records.get(at + 1).filter(is_row).filter(|second| {
        let second: Vec<&str> = second.cells.iter().map(String::as_str).collect();
        let empty = cells.iter().filter(|cell| cell.is_empty()).count();
        let named = cells.len() - empty;
        let has_data = below.iter().skip(1).flatten().any(|cell| is_data(cell));
        empty > 0
            && named >= 2
            && cells.iter().all(|cell| !is_data(cell))
            && second.iter().all(|cell| !cell.is_empty() && !is_data(cell))
            && has_data
    });
    let skipped = first.line - 1;
    look.header = first.cells.iter().map(|cell| cell.trim().to_owned()).collect();
    match skipped {
        0 => {}
        1 => look.note("The line before line 2 is not part of the table.".to_owned()),
        _ => look.note(format!("The {skipped} lines before line {} are not part of the table.", first.line)),
    }
    if let Some(second) = upper_of {
        look.form.place.skip_rows = skipped;
        look.form.place.header_rows = 2;
        look.reasons.push(format!("Lines {} and {} name the columns together.", first.line, second.line));
        return;
    }
    let verdict = verdict(&cells, &below);
    if !verdict.is_header {
        look.form.place.header_rows = 0;
        look.form.place.skip_rows = skipped;
        look.header = Vec::new();
        look.own_names = Some((1..=width).map(|number| format!("column_{number}")).collect());
        let unsure =
            if verdict.is_sure { "" } else { " If it names them, write `headerRow` instead of `header`." };
        look.note(format!(
            "No row names the columns: line {} is data ({}). They are named by their place.{unsure}",
            first.line,
            shortened(&cells)
        ));
        return;
    }
    let different: BTreeSet<&str> = cells.iter().copied().collect();
    let is_nameable = different.len() == cells.len() && cells.iter().all(|cell| !cell.trim().is_empty());
    // Trailing delimiters make a column without a name; it may stay as long as it is empty.
    let trailing = cells.last().is_some_and(|cell| cell.trim().is_empty())
        && different.len() == cells.len()
        && below.iter().all(|row| row.last().is_none_or(|cell| cell.trim().is_empty()));
    if is_nameable || trailing {
        look.form.place.skip_rows = skipped;
        look.reasons.push(format!("Line {} names the columns.", first.line));
        if !verdict.is_sure {
            look.note(format!(
                "Nothing but its words tells that line {} ({}) is not a row; if it is one, write `header: false`.",
                first.line,
                shortened(&cells)
            ));
        }
        return;
    }
    look.form.place.header_rows = 0;
    look.form.place.skip_rows = match records.get(at + 1) {
        Some(next) => next.line - 1,
        None => first.line,
    };
    let names = cells.iter().enumerate().map(|(index, cell)| match cell.trim() {
        "" if index == 0 => "row_name".to_owned(),
        "" => format!("column_{}", index + 1),
        name => name.to_owned(),
    });
    look.own_names = Some(told_apart(names));
    look.note(format!(
        "Line {} names the columns, but not each of them, or some twice; so the columns are named by their place.",
        first.line
    ));
}

/// The first cells, for a sentence.
fn shortened(cells: &[&str]) -> String {
    const MOST: usize = 6;
    let mut shown: Vec<String> =
        cells.iter().take(MOST).map(|cell| cell.chars().take(30).collect()).collect();
    if cells.len() > MOST {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}
