//! Who answers what templates ask while a project is checked.
//!
//! Questions about tables and columns are answered by the empty tables of the check. Questions about rows
//! (`run_query`, `dbt_utils.get_column_values`) are answered by the warehouse, if there is one; else they
//! are answered with no rows, and it is noted that they were asked.

use ingot_core::error::Result;
use ingot_core::sync::lock;
use ingot_engine::{Dialect, Rows, Session};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, LazyLock, Mutex};
use xxhash_rust::xxh3::xxh3_128;

/// What templates asked on one session since it was last looked at.
#[derive(Default)]
pub(super) struct Asked {
    /// For rows that nobody could give.
    pub(super) unanswered: bool,
    /// For something that is not in the node's own inputs, so that the answer may be another one next time.
    pub(super) outside: bool,
    /// For rows that the warehouse gave.
    pub(super) answers: Vec<Answer>,
}

/// A question for rows and what the warehouse answered, so that it can be seen whether it still does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    sql: String,
    /// A hash of the rows.
    rows: String,
}

impl Answer {
    fn of(sql: &str, rows: &Rows) -> Self {
        let rows = format!("{:x}", xxh3_128(format!("{rows:?}").as_bytes()));
        Self { sql: sql.to_owned(), rows }
    }

    /// Whether the warehouse gives the same rows again.
    pub(super) fn holds(&self, warehouse: &mut dyn Session) -> bool {
        warehouse.query(&self.sql).is_ok_and(|rows| Self::of(&self.sql, &rows) == *self)
    }
}

/// A session over the empty tables that sends questions about rows to the warehouse.
pub(super) struct BindingSession {
    empty: Box<dyn Session>,
    warehouse: Option<Arc<Mutex<Box<dyn Session>>>>,
    asked: Arc<Mutex<Asked>>,
}

impl BindingSession {
    pub(super) fn new(
        empty: Box<dyn Session>,
        warehouse: Option<Arc<Mutex<Box<dyn Session>>>>,
    ) -> (Self, Arc<Mutex<Asked>>) {
        let asked = Arc::new(Mutex::default());
        (Self { empty, warehouse, asked: asked.clone() }, asked)
    }
}

/// Whether a statement asks for rows of tables, and not for tables or columns.
fn asks_for_rows(sql: &str) -> bool {
    #[expect(clippy::unwrap_used, reason = "a constant pattern, tried by the tests")]
    static READS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?is)\bfrom\b").unwrap());
    !asks_for_catalog(sql) && !describes(sql) && READS.is_match(sql)
}

/// Whether it asks which tables or columns there are in the database.
fn asks_for_catalog(sql: &str) -> bool {
    #[expect(clippy::unwrap_used, reason = "a constant pattern, tried by the tests")]
    static CATALOG: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?is)^\s*(show|pragma)\b|information_schema|duckdb_\w+\s*\(|\bpragma_\w+").unwrap()
    });
    CATALOG.is_match(sql)
}

/// Whether it asks for the columns of a relation or query, which belong to the node's inputs.
fn describes(sql: &str) -> bool {
    #[expect(clippy::unwrap_used, reason = "a constant pattern, tried by the tests")]
    static DESCRIBE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?is)(^|\()\s*describe\b").unwrap());
    DESCRIBE.is_match(sql)
}

impl Session for BindingSession {
    fn dialect(&self) -> Dialect {
        Dialect::DuckDb
    }
    /// Nothing is changed but the empty tables.
    fn execute(&mut self, sql: &str) -> Result<u64> {
        self.empty.execute(sql)
    }

    fn query(&mut self, sql: &str) -> Result<Rows> {
        if !asks_for_rows(sql) {
            lock(&self.asked).outside |= asks_for_catalog(sql);
            return self.empty.query(sql);
        }
        if let Some(warehouse) = &self.warehouse
            && let Ok(rows) = lock(warehouse).query(sql)
        {
            lock(&self.asked).answers.push(Answer::of(sql, &rows));
            return Ok(rows);
        }
        let mut asked = lock(&self.asked);
        (asked.outside, asked.unanswered) = (true, true);
        drop(asked);
        self.empty.query(sql)
    }

    fn interrupter(&self) -> Box<dyn Fn() + Send + Sync> {
        self.empty.interrupter()
    }
}

#[cfg(test)]
mod tests {
    use super::{asks_for_catalog, asks_for_rows};

    #[test]
    fn questions_about_rows_are_told_from_questions_about_columns() {
        for rows in ["select distinct status from orders", "SELECT max(a)\nFROM\nx"] {
            assert!(asks_for_rows(rows), "{rows}");
        }
        for others in [
            "select 1",
            "select datediff('day', '2020-01-01', '2020-02-01')",
            "describe (select * from orders)",
            "select column_name from (describe \"a\".\"b\")",
            "select column_name from information_schema.columns",
            "select * from duckdb_tables()",
        ] {
            assert!(!asks_for_rows(others), "{others}");
        }
        assert!(asks_for_catalog(" pragma table_info('a')"));
    }
}
