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
        other => other.to_string(),
    };
    let lines: Vec<String> =
        rows.rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>().join("|")).collect();
    lines.join("\n")
}
