//! The number that names a row while a model is followed back: a HUGEINT of three parts.
//!
//! ```text
//! bits 118 to 125  the table, by its place among those that the model reads
//! bit  117         set for a row of which any other of its group would do as well
//! bit  116         set for a row that is not part of another one, but decides what is in it: a neighbour in a window, a largest value
//! bits 0 to 115    the row: DuckDB's rowid of a table, or a hash of the file's path (from bit 48) and the row in the file
//! ```

use super::pieces::{call, column};
use crate::lineage::text;
use ingot_core::error::{Error, Result};
use serde_json::Value as Json;
use std::collections::BTreeSet;

const TAG_SHIFT: u32 = 118;
/// The bit of a row of which any other of its group would do.
pub(super) const ANY_OF: i128 = 1 << 117;
/// The bit of a row that another one is not made of, but that decides what is in it.
pub(super) const BESIDE: i128 = 1 << 116;
/// Where the hash of a file begins.
const FILE_SHIFT: u32 = 48;

/// The column with the list of rows.
pub(super) const ROWS: &str = "__why";

/// The first number of the rows of a table.
///
/// # Errors
/// There are more tables than numbers for them.
pub(super) fn first_of(table: usize) -> Result<i128> {
    match i128::try_from(table) {
        Ok(table) if table < 256 => Ok(table << TAG_SHIFT),
        _ => Err(Error::new("it reads more than 256 tables")),
    }
}

/// SQL for the place of a row's table among those that the model reads.
pub(super) fn table_of(id: &str) -> String {
    format!("({id} >> {TAG_SHIFT})")
}

/// SQL for the row within its table.
pub(super) fn row_of(id: &str) -> String {
    format!("({id} & {})", BESIDE - 1)
}

/// SQL for a row of a table in the database.
pub(super) fn of_table(first: i128) -> String {
    format!("CAST({first} AS HUGEINT) + rowid")
}

/// SQL for a row of what is read from files. A row of a Parquet file is named by the file and its place there, any other by
/// its place in what is read.
pub(super) fn of_files(external: &str, first: i128) -> String {
    if external.to_ascii_lowercase().contains("read_parquet(") {
        format!(
            "CAST({first} AS HUGEINT) + (CAST(hash(filename) AS HUGEINT) << {FILE_SHIFT}) + file_row_number"
        )
    } else {
        format!("CAST({first} AS HUGEINT) + row_number() OVER ()")
    }
}

/// A condition on the rows of files with these numbers, of which as much as can be is looked up in the files' footers.
pub(super) fn files_condition(external: &str, id: &str, ids: &str) -> String {
    let ids = if ids.is_empty() { "null" } else { ids };
    if !external.to_ascii_lowercase().contains("read_parquet(") {
        return format!("{id} in ({ids})");
    }
    let rows: BTreeSet<i128> =
        ids.split(", ").filter_map(|id| id.parse::<i128>().ok()).map(row_in_file).collect();
    let rows: Vec<String> = rows.iter().map(i128::to_string).collect();
    let rows = if rows.is_empty() { "null".to_owned() } else { rows.join(", ") };
    format!("file_row_number in ({rows}) and {id} in ({ids})")
}

/// SQL for the hash of a row's file.
pub(super) fn file_of(id: &str) -> String {
    format!("(({id} >> {FILE_SHIFT}) & CAST({} AS HUGEINT))", u64::MAX)
}

/// The hashes of the files of these rows, as a list of SQL.
pub(super) fn files_of(ids: &str) -> String {
    let hash = |id: i128| (id >> FILE_SHIFT) & i128::from(u64::MAX);
    let hashes: BTreeSet<i128> = ids.split(", ").filter_map(|id| id.parse::<i128>().ok()).map(hash).collect();
    let hashes: Vec<String> = hashes.iter().map(i128::to_string).collect();
    if hashes.is_empty() { "null".to_owned() } else { hashes.join(", ") }
}

/// The place of a row in its file.
fn row_in_file(id: i128) -> i128 {
    id & ((1 << FILE_SHIFT) - 1)
}

/// All rows of lists, one list after the other.
pub(super) fn joined(mut lists: Vec<Json>) -> Json {
    match lists.len() {
        1 => lists.remove(0),
        _ => call("list_concat", lists),
    }
}

/// The rows of all lists of a group.
pub(super) fn of_group(list: Json) -> Json {
    call("flatten", vec![call("list", vec![list])])
}

/// Puts an expression in the place of every column of this name.
pub(super) fn replace_column(tree: &mut Json, name: &str, with: &Json) {
    match tree {
        Json::Object(members) => {
            let is_it = members.get("class").and_then(Json::as_str) == Some("COLUMN_REF")
                && members.get("column_names") == column(name).get("column_names");
            if is_it {
                let mut with = with.clone();
                with["alias"] = text(tree, "alias").into();
                *tree = with;
                return;
            }
            members.values_mut().for_each(|part| replace_column(part, name, with));
        }
        Json::Array(items) => items.iter_mut().for_each(|part| replace_column(part, name, with)),
        _ => {}
    }
}

/// The value of which an aggregate is the smallest or largest.
pub(super) fn extreme(aggregate: &Json) -> Option<&Json> {
    let is_it = matches!(text(aggregate, "function_name").to_lowercase().as_str(), "min" | "max")
        && aggregate["filter"].is_null()
        && aggregate["arguments"].as_array().is_some_and(|arguments| arguments.len() == 1);
    is_it.then(|| &aggregate["arguments"][0]["expression"])
}
