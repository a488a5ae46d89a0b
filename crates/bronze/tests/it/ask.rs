//! What DuckDB finds, as one text.

use ingot_engine::duckdb::{DuckDb, DuckDbOptions};
use ingot_engine::{Cell, Engine as _};
use std::path::Path;

/// The result of a query, its cells as text joined by `|`, a line a row.
pub fn ask(database: &Path, sql: &str) -> String {
    let engine = DuckDb::open(&DuckDbOptions::new(database)).unwrap();
    let rows = engine.session().unwrap().query(sql).unwrap();
    let text = |cell: &Cell| match cell {
        Cell::Null => "∅".to_owned(),
        Cell::Bool(value) => value.to_string(),
        Cell::Int(value) => value.to_string(),
        Cell::Float(value) => value.to_string(),
        Cell::Decimal(text)
        | Cell::Text(text)
        | Cell::Date(text)
        | Cell::Timestamp(text)
        | Cell::Other(text) => text.clone(),
    };
    let lines: Vec<String> =
        rows.rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>().join("|")).collect();
    lines.join("\n")
}
