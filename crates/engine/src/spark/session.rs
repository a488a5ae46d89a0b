//! Statements, one after the other.

use super::cells::rows;
use super::error_parts::to_error;
use crate::{Dialect, Rows, Session};
use ingot_core::error::Result;
use ingot_spark::{Answer, Client, Stop, split};
use std::sync::Arc;

pub(super) struct SparkSession {
    pub(super) client: Arc<Client>,
    pub(super) address: Arc<str>,
    pub(super) stop: Stop,
}

impl SparkSession {
    /// Runs all statements of a text; the answer of the last one. A server takes one at a time, so that, unlike under
    /// DuckDB, those before one that is not valid have run.
    fn run(&self, sql: &str) -> Result<Answer> {
        let mut answer = Answer::default();
        for (lines_before, statement) in split(sql) {
            answer = self
                .client
                .run(statement, &self.stop)
                .map_err(|failure| to_error(failure, &self.address, statement, lines_before))?;
        }
        Ok(answer)
    }
}

impl Session for SparkSession {
    fn dialect(&self) -> Dialect {
        Dialect::Spark
    }

    /// Spark does not say how many rows a statement changed; this is 0.
    fn execute(&mut self, sql: &str) -> Result<u64> {
        self.run(sql).map(|_| 0)
    }

    fn query(&mut self, sql: &str) -> Result<Rows> {
        rows(&self.run(sql)?)
    }

    fn interrupter(&self) -> Box<dyn Fn() + Send + Sync> {
        let stop = self.stop.clone();
        Box::new(move || stop.stop())
    }
}
