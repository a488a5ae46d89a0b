//! Seeds: the project's CSV files, read as dbt reads them, so that the types of their columns are the same.

use crate::graph::node::Node;
use crate::json_values::{object, text};
use crate::values::agate::ResultTable;
use ingot_core::error::{Context, Error, Result};
use ingot_jinja::Value;
use std::sync::Arc;

/// Reads the seed's file; its column types are guessed from all values, or text where `column_types` says so.
pub(crate) fn load(node: &Node) -> Result<ResultTable> {
    let content = std::fs::read_to_string(&node.file).or_cannot_at("read the seed", &node.file)?;
    let delimiter = text(&node.config, "delimiter").and_then(|given| given.chars().next()).unwrap_or(',');
    let mut records = parse(content.trim_start_matches('\u{feff}'), delimiter)
        .map_err(|line| Error::new("a quoted value does not end").at_line(&node.file, line))?;
    if records.is_empty() {
        return Err(Error::new("the seed is empty")
            .at(&node.file)
            .hint("its first line must name the columns"));
    }
    let header = records.remove(0);
    for (index, record) in records.iter().enumerate() {
        if record.len() != header.len() {
            return Err(Error::new(format!(
                "a row has {} values, and the header names {} columns",
                record.len(),
                header.len()
            ))
            .at_line(&node.file, index + 2)
            .hint("quote values that contain the delimiter"));
        }
    }
    let given = object(&node.config, "column_types");
    let types: Vec<&'static str> = header
        .iter()
        .enumerate()
        .map(|(index, name)| {
            if given.contains_key(name) {
                "text"
            } else {
                guess(records.iter().map(|record| record[index].as_str()))
            }
        })
        .collect();
    let rows: Vec<Arc<[Value]>> = records
        .iter()
        .map(|record| record.iter().zip(&types).map(|(cell, kind)| value(cell, kind)).collect())
        .collect();
    Ok(ResultTable {
        names: header.into(),
        types: types.iter().map(|kind| (*kind).to_owned()).collect(),
        rows: rows.into(),
    })
}

fn is_null(cell: &str) -> bool {
    cell.is_empty() || cell.eq_ignore_ascii_case("null")
}

fn value(cell: &str, kind: &str) -> Value {
    if is_null(cell) {
        return Value::None;
    }
    match kind {
        "integer" | "bigint" => cell.trim().parse::<i128>().map_or_else(|_| cell.into(), Value::from),
        "double" => cell.trim().parse::<f64>().map_or_else(|_| cell.into(), Value::from),
        "boolean" => cell.trim().eq_ignore_ascii_case("true").into(),
        _ => cell.into(),
    }
}

/// The narrowest type that all values have.
fn guess<'a>(cells: impl Iterator<Item = &'a str> + Clone) -> &'static str {
    let present = cells.filter(|cell| !is_null(cell)).map(str::trim);
    if present.clone().next().is_none() {
        return "integer";
    }
    let all = |test: fn(&str) -> bool| present.clone().all(test);
    // dbt knows INTEGER alone, and fails on what does not fit.
    if all(|cell| cell.parse::<i32>().is_ok() && !cell.starts_with('+')) {
        "integer"
    } else if all(|cell| cell.parse::<i64>().is_ok() && !cell.starts_with('+')) {
        "bigint"
    } else if all(|cell| {
        cell.parse::<f64>().is_ok()
            && cell.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.'))
    }) {
        "double"
    } else if all(is_date) {
        "date"
    } else if all(|cell| is_timestamp(cell, ' ') && cell.len() == "2024-01-01 10:00:00".len())
        || all(|cell| is_timestamp(cell, 'T'))
    {
        "timestamp without time zone"
    } else if all(|cell| cell.eq_ignore_ascii_case("true") || cell.eq_ignore_ascii_case("false")) {
        "boolean"
    } else {
        "text"
    }
}

fn is_date(cell: &str) -> bool {
    cell.len() == 10 && cell.parse::<jiff::civil::Date>().is_ok()
}

/// As under dbt, all of a column must be written in one way: a space between day and time (and no part of a second), or a T.
fn is_timestamp(cell: &str, between: char) -> bool {
    cell.get(10..).is_some_and(|rest| rest.starts_with(between))
        && cell.parse::<jiff::civil::DateTime>().is_ok()
}

/// Records of a CSV text; `Err` is the line where a quoted value begins that does not end.
pub(crate) fn parse(text: &str, delimiter: char) -> Result<Vec<Vec<String>>, usize> {
    let mut records = Vec::new();
    let mut record: Vec<String> = Vec::new();
    let mut cell = String::new();
    let (mut quoted, mut was_quoted, mut line, mut opened) = (false, false, 1, 1);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\n' {
            line += 1;
        }
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() && !was_quoted => {
                (quoted, was_quoted, opened) = (true, true, line);
            }
            _ if quoted => cell.push(character),
            c if c == delimiter => {
                record.push(std::mem::take(&mut cell));
                was_quoted = false;
            }
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' => {
                if !record.is_empty() || !cell.is_empty() || was_quoted {
                    record.push(std::mem::take(&mut cell));
                    records.push(std::mem::take(&mut record));
                }
                was_quoted = false;
            }
            c => cell.push(c),
        }
    }
    if quoted {
        return Err(opened);
    }
    if !record.is_empty() || !cell.is_empty() || was_quoted {
        record.push(cell);
        records.push(record);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_quotes_and_guesses_types() {
        let records = parse("a,b\n1,\"x, \"\"y\"\"\nz\"\n,2\r\n", ',').unwrap();
        assert_eq!(records, [["a", "b"], ["1", "x, \"y\"\nz"], ["", "2"]]);
        assert_eq!(parse("a\n\"b", ','), Err(2));
        for (cells, expected) in [
            (vec!["1", "", "-2"], "integer"),
            (vec!["1", "3000000000"], "bigint"),
            (vec!["1", "2.5"], "double"),
            (vec!["2024-01-01"], "date"),
            (vec!["2024-01-01 10:00:00", ""], "timestamp without time zone"),
            (vec!["2024-01-01T10:00:00.5"], "timestamp without time zone"),
            (vec!["2024-01-01 10:00:00", "2024-01-01T10:00:00"], "text"),
            (vec!["2024-01-01 10:00:00.5"], "text"),
            (vec!["true", "False"], "boolean"),
            (vec!["1", "a"], "text"),
        ] {
            assert_eq!(guess(cells.iter().copied()), expected);
        }
    }
}
