//! A DuckDB database that a test asks.

use ingot_engine::duckdb::{DuckDb, DuckDbOptions};
use ingot_engine::{Cell, Engine as _, Session};
use std::cell::RefCell;
use std::path::Path;

pub struct Database(RefCell<Box<dyn Session>>);

impl Database {
    pub fn open(file: &Path) -> Self {
        Self(RefCell::new(DuckDb::open(&DuckDbOptions::new(file)).unwrap().session().unwrap()))
    }

    pub fn in_memory() -> Self {
        Self::open(Path::new(":memory:"))
    }

    /// The rows that the last statement changed.
    #[track_caller]
    pub fn execute(&self, sql: &str) -> u64 {
        self.0.borrow_mut().execute(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"))
    }

    /// The first column of what a query finds.
    #[track_caller]
    fn column(&self, sql: &str) -> Vec<Cell> {
        let found = self.0.borrow_mut().query(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
        found.rows.into_iter().map(|mut row| row.swap_remove(0)).collect()
    }

    #[track_caller]
    pub fn texts(&self, sql: &str) -> Vec<String> {
        self.column(sql).iter().map(ToString::to_string).collect()
    }

    /// The one number that a query finds.
    #[track_caller]
    pub fn float(&self, sql: &str) -> f64 {
        match self.column(&format!("select cast(({sql}) as double)"))[..] {
            [Cell::Float(number)] => number,
            ref other => panic!("{other:?} is not a number\n{sql}"),
        }
    }

    /// The one whole number that a query finds.
    #[track_caller]
    pub fn int(&self, sql: &str) -> i64 {
        match self.column(sql)[..] {
            [Cell::Int(number)] => number.try_into().unwrap(),
            ref other => panic!("{other:?} is not a whole number\n{sql}"),
        }
    }
}
