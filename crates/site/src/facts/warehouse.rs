//! The warehouse, read for pages: how many rows tables have, and samples of them.

use ingot_core::error::Result;
use ingot_engine::{Cell, Engine, EngineOptions, Session};
use std::collections::HashMap;
use std::path::Path;

/// An open database: the warehouse, read only, or an empty one where there is none.
pub(super) struct Warehouse {
    pub(super) session: Box<dyn Session>,
    /// Rows by schema and table, in lower case.
    pub(super) rows: HashMap<(String, String), u64>,
    pub(super) is_there: bool,
    _engine: Box<dyn Engine>,
}

impl Warehouse {
    /// # Errors
    /// The database is there and cannot be read, for example because another process writes it.
    pub(super) fn open(file: Option<&Path>) -> Result<Self> {
        let file = file.filter(|file| file.is_file());
        let options = file.map_or_else(EngineOptions::in_memory, EngineOptions::existing_file);
        let engine = options.open()?;
        let mut session = engine.session()?;
        let found = session
            .query("select lower(schema_name), lower(table_name), estimated_size from duckdb_tables()")?;
        let rows = found.rows.iter().filter_map(|row| match row.as_slice() {
            [schema, table, rows] => Some(((text(schema), text(table)), count(rows))),
            _ => None,
        });
        Ok(Self { rows: rows.collect(), session, is_there: file.is_some(), _engine: engine })
    }
}

pub(super) fn text(cell: &Cell) -> String {
    if *cell == Cell::Null { String::new() } else { cell.to_string() }
}

pub(super) fn count(cell: &Cell) -> u64 {
    match cell {
        Cell::Int(number) => u64::try_from(*number).unwrap_or_default(),
        _ => 0,
    }
}
