//! What a table holds, as a sum over its rows: it changes when a column, a type or any value does, whatever the order of
//! the rows. It is kept with the commit of a copy, and tells later what need not be written.

use crate::connection::Connection;
use crate::lake::column_types::Column;
use crate::relations::relation::quoted;
use ingot_core::error::Result;
use ingot_engine::Cell;
use ingot_lake::{DeltaTable, HistoryEntry};
use serde_json::{Map, Value as Json, json};

/// The key of a commit's metadata that holds the sum over the rows.
pub(crate) const CONTENT: &str = "content";
/// The key for the number of rows.
const ROWS: &str = "rows";
/// The key for the names and types of the model's columns: Delta has fewer types than the engine.
const COLUMNS: &str = "columns";

/// The hash of a row, in SQL.
pub(crate) fn row_hash(columns: &[Column]) -> String {
    let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
    format!("hash({})", names.join(", "))
}

/// The rows of a relation, or of those of its rows for which a condition holds.
pub(crate) fn content(
    connection: &mut Connection,
    relation: &str,
    columns: &[Column],
    condition: &str,
) -> Result<String> {
    let found = connection.query(
        &format!(
            "select count(*), coalesce(sum(content), 0)::varchar, coalesce(bit_xor(content), 0)::varchar
             from (select {} as content from {relation} where {condition})",
            row_hash(columns)
        ),
        true,
    )?;
    let cells: Vec<String> = found.rows.iter().flatten().map(Cell::to_string).collect();
    let columns: Vec<String> =
        columns.iter().map(|column| format!("{} {}", column.name, column.kind)).collect();
    Ok(format!("{} of {}", cells.join(" "), columns.join(", ")))
}

/// How many rows a sum is over.
pub(crate) fn rows_of(content: &str) -> u64 {
    content.split(' ').next().and_then(|rows| rows.parse().ok()).unwrap_or_default()
}

/// What a commit of a copy remembers.
pub(crate) fn metadata(model: &str, content: &str, columns: &[Column]) -> Map<String, Json> {
    let columns: Vec<Json> = columns.iter().map(|column| json!([column.name, column.kind])).collect();
    let mut metadata = Map::new();
    metadata.insert("model".to_owned(), model.into());
    metadata.insert(ROWS.to_owned(), rows_of(content).into());
    metadata.insert(COLUMNS.to_owned(), columns.into());
    metadata.insert(CONTENT.to_owned(), content.into());
    metadata
}

/// The sum over the rows of a table's newest version; `None` if its commit does not say.
pub(crate) fn content_of(table: &DeltaTable) -> Result<Option<String>> {
    let last = table.last_commit()?;
    Ok(last.and_then(|commit| Some(commit.metadata.get(CONTENT)?.as_str()?.to_owned())))
}

/// The columns as the model has them, as the newest commit says that knows them; `None` if none does.
pub(crate) fn columns_of(table: &DeltaTable) -> Result<Option<Vec<Column>>> {
    // The newest commit nearly always knows; the others are many files.
    if let Some(columns) = table.last_commit()?.as_ref().and_then(columns_in) {
        return Ok(Some(columns));
    }
    Ok(table.history()?.iter().rev().find_map(columns_in))
}

/// The columns of a version of a copy as its model had them then, as a list of SQL over what its files have: Delta has no
/// times without zone, for example. `None` for a table that is not a copy, or that was changed by another program.
///
/// # Errors
/// The log cannot be read.
pub fn as_of_the_model(version: &DeltaTable) -> Result<Option<String>> {
    let Some(columns) = columns_of(version)? else { return Ok(None) };
    let schema = version.schema()?;
    let stored: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let is_same = stored == columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>();
    let columns: Vec<String> = columns.iter().map(Column::read_back).collect();
    Ok(is_same.then(|| columns.join(", ")))
}

fn columns_in(commit: &HistoryEntry) -> Option<Vec<Column>> {
    let column = |pair: &Json| {
        Some(Column { name: pair.get(0)?.as_str()?.to_owned(), kind: pair.get(1)?.as_str()?.to_owned() })
    };
    commit.metadata.get(COLUMNS)?.as_array()?.iter().map(column).collect()
}
