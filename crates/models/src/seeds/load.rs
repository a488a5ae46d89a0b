//! A seed's file as a table.

use crate::graph::node::Node;
use crate::json_values::{object, text};
use crate::seeds::column_type::ColumnType;
use crate::seeds::csv_text::{CsvError, CsvRecord, parse};
use crate::seeds::python_text::is_null;
use crate::values::agate::ResultTable;
use csv::StringRecord;
use ingot_core::error::{Context, Error, Result};
use ingot_jinja::Value;
use serde_json::Value as Json;
use std::sync::Arc;

/// How the cells of one column become values.
enum Reading {
    Typed(ColumnType),
    /// Text as delivered; only an empty cell is NULL.
    Text,
    /// Text in which a blank cell and the word null are NULL too.
    TextWithNulls,
}

/// Reads the seed's file, with the types that `create table` gives its columns and the values that are loaded.
/// Types come from all values of a column; a column that `column_types` or `as_text` names is text.
///
/// # Errors
/// If the file cannot be read, is empty, has a quote that stays open, or a row with more values than columns.
pub(crate) fn load(node: &Node, as_text: &[String]) -> Result<ResultTable> {
    let content = std::fs::read_to_string(&node.file).or_cannot_at("read the seed", &node.file)?;
    let records = parse(&content, delimiter(node)?).map_err(|error| match error {
        CsvError::OpenQuote(line) => Error::new("a quoted value does not end").at_line(&node.file, line),
        CsvError::Delimiter => bad_delimiter(node),
    })?;
    let Some((header, rows)) = records.split_first() else {
        return Err(Error::new("the seed is empty")
            .at(&node.file)
            .hint("its first line must name the columns"));
    };
    let names = column_names(&header.fields);
    refuse_long_rows(node, rows, names.len())?;
    let given = object(&node.config, "column_types");
    // dbt-duckdb lets DuckDB read the file, unless the seed's config says `fast: false`; then text is agate's.
    let is_fast = node.config.get("fast").and_then(Json::as_bool).unwrap_or(true);
    let text_reading = || if is_fast { Reading::Text } else { Reading::TextWithNulls };
    let readings: Vec<Reading> = names
        .iter()
        .enumerate()
        .map(|(index, name)| match given.get(name) {
            Some(kind) if is_text_type(kind) => text_reading(),
            Some(_) => Reading::TextWithNulls,
            None if as_text.contains(name) => text_reading(),
            None => match ColumnType::of(rows.iter().filter_map(|row| row.fields.get(index))) {
                ColumnType::Text => text_reading(),
                kind => Reading::Typed(kind),
            },
        })
        .collect();
    let types = readings.iter().map(|reading| match reading {
        Reading::Typed(kind) => kind.name().to_owned(),
        Reading::Text | Reading::TextWithNulls => ColumnType::Text.name().to_owned(),
    });
    Ok(ResultTable {
        types: types.collect(),
        rows: rows.iter().map(|row| values(&row.fields, &readings)).collect(),
        names: names.into(),
    })
}

/// The character between values: the config `delimiter`, or a comma.
///
/// # Errors
/// If the config is not one character.
pub(crate) fn delimiter(node: &Node) -> Result<char> {
    let Some(given) = text(&node.config, "delimiter") else { return Ok(',') };
    let mut characters = given.chars();
    match (characters.next(), characters.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(bad_delimiter(node)),
    }
}

fn bad_delimiter(node: &Node) -> Error {
    let given = text(&node.config, "delimiter").unwrap_or_default();
    Error::new(format!("the delimiter {given:?} of the seed '{}' cannot divide values", node.name))
        .at(&node.file)
        .in_dbts_words(format!("Compilation Error in seed {} ({})", node.name, node.original_file_path))
        .hint("set `delimiter` to one character that is neither a quote nor the end of a line")
}

fn is_text_type(kind: &Json) -> bool {
    let name = kind.as_str().unwrap_or_default().to_ascii_lowercase();
    let head = name.split('(').next().unwrap_or_default().trim();
    matches!(
        head,
        "text" | "varchar" | "string" | "char" | "bpchar" | "nvarchar" | "character varying" | "character"
    )
}

/// As agate names columns: a letter where the header is empty, and a number behind a name that stands twice.
/// <https://github.com/wireservice/agate/blob/master/agate/utils.py>
fn column_names(header: &StringRecord) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(header.len());
    for (index, name) in header.iter().enumerate() {
        let wanted = if name.is_empty() { letter_name(index) } else { name.to_owned() };
        let numbered = (2..).map(|number| format!("{wanted}_{number}"));
        let free = std::iter::once(wanted.clone()).chain(numbered).find(|name| !names.contains(name));
        names.push(free.unwrap_or(wanted));
    }
    names
}

/// `a`, `b`, … `z`, `aa`, `bb`, …
fn letter_name(index: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(index % 26).unwrap_or(0));
    letter.to_string().repeat(index / 26 + 1)
}

fn refuse_long_rows(node: &Node, rows: &[CsvRecord], columns: usize) -> Result<()> {
    match rows.iter().find(|row| row.fields.len() > columns) {
        Some(row) => Err(Error::new(format!(
            "a row has {} values, and the header names {columns} columns",
            row.fields.len()
        ))
        .at_line(&node.file, row.line)
        .hint("quote values that contain the delimiter")),
        None => Ok(()),
    }
}

/// The values of a row; a row that is too short ends in NULL.
fn values(row: &StringRecord, readings: &[Reading]) -> Arc<[Value]> {
    readings
        .iter()
        .enumerate()
        .map(|(index, reading)| value(row.get(index).unwrap_or_default(), reading))
        .collect()
}

fn value(cell: &str, reading: &Reading) -> Value {
    match reading {
        // All cells of the column were read once already, to find its type.
        Reading::Typed(kind) => kind.read(cell).unwrap_or_default(),
        Reading::Text if cell.is_empty() => Value::None,
        Reading::TextWithNulls if is_null(cell) => Value::None,
        Reading::Text | Reading::TextWithNulls => cell.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_without_a_name_and_names_that_stand_twice_are_named_as_agate_does() {
        let header = |names: &[&str]| column_names(&StringRecord::from(names.to_vec()));
        assert_eq!(header(&["id", "t", ""]), ["id", "t", "c"]);
        assert_eq!(header(&["id", "id", "id_2", "id"]), ["id", "id_2", "id_2_2", "id_3"]);
        assert_eq!(letter_name(27), "bb");
    }
}
