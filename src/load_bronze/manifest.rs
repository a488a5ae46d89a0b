//! `manifest_processed_files` in the warehouse: one row for each raw file, for people and for SQL. It
//! follows the Delta log, which decides; a lost manifest comes back whole with the next run.

use super::record::{Known, Processed};
use crate::engine::duckdb::{DuckDb, DuckDbOptions};
use crate::engine::{Cell, Engine as _, Session};
use crate::error::Result;
use std::collections::HashMap;
use std::path::Path;

const CREATE: &str = "
CREATE TABLE IF NOT EXISTS main.manifest_processed_files (
    src_path VARCHAR PRIMARY KEY,
    table_name VARCHAR NOT NULL,
    content_hash VARCHAR,
    size BIGINT,
    processed_at TIMESTAMP NOT NULL,
    row_count BIGINT NOT NULL,
    reject_count BIGINT NOT NULL,
    rows_read BIGINT NOT NULL,
    status VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    bytes BIGINT,
    seconds DOUBLE,
    error VARCHAR
)";

const ROWS_OF_A_STATEMENT: usize = 500;

/// One row of the manifest.
#[derive(Debug, Clone)]
pub struct ManifestRow {
    pub table: String,
    pub path: String,
    pub content_hash: Option<String>,
    pub bytes: Option<u64>,
    pub accepted: u64,
    pub rejected: u64,
    pub read: u64,
    pub run_id: String,
    /// Microseconds since 1970.
    pub processed_at: i64,
    pub seconds: f64,
    /// Set when the file was not loaded.
    pub error: Option<String>,
}

impl ManifestRow {
    pub fn loaded(table: &str, file: &Processed, run_id: &str, processed_at: i64) -> Self {
        Self {
            table: table.to_owned(),
            path: file.path.clone(),
            content_hash: Some(file.hash.clone()),
            bytes: Some(file.bytes),
            accepted: file.accepted,
            rejected: file.rejected,
            read: file.read,
            run_id: run_id.to_owned(),
            processed_at,
            seconds: file.seconds,
            error: None,
        }
    }
}

pub struct Manifest {
    session: Box<dyn Session>,
    _engine: DuckDb,
}

impl Manifest {
    /// # Errors
    /// What the engine says of a file that it cannot open, such as which process holds it.
    pub fn open(path: &Path) -> Result<Self> {
        let engine =
            DuckDb::open(&DuckDbOptions::new(path)).map_err(|error| error.context("opening the manifest"))?;
        let mut session = engine.session()?;
        session.execute(CREATE)?;
        Ok(Self { session, _engine: engine })
    }

    /// Writes rows; those of the same path are replaced.
    pub fn record(&mut self, rows: &[ManifestRow]) -> Result<()> {
        for part in rows.chunks(ROWS_OF_A_STATEMENT) {
            let values: Vec<String> = part.iter().map(values).collect();
            self.session.execute(&format!(
                "INSERT OR REPLACE INTO main.manifest_processed_files \
                 (src_path, table_name, content_hash, size, processed_at, row_count, reject_count, rows_read, \
                 status, run_id, bytes, seconds, error) VALUES {}",
                values.join(", ")
            ))?;
        }
        Ok(())
    }

    /// Adds what the log of a table knows and the manifest does not. A failed later attempt stays as it is.
    /// Returns how many rows were missing or other.
    pub fn heal(&mut self, table: &str, known: &Known) -> Result<usize> {
        let rows = self.session.query(&format!(
            "SELECT src_path, run_id, status FROM main.manifest_processed_files WHERE table_name = {}",
            text(table)
        ))?;
        let mut present: HashMap<String, (String, String)> = HashMap::new();
        for row in rows.rows {
            if let [Cell::Text(path), Cell::Text(run), Cell::Text(status)] = row.as_slice() {
                present.insert(path.clone(), (run.clone(), status.clone()));
            }
        }
        let missing: Vec<ManifestRow> = known
            .files
            .iter()
            .filter(|(path, (_, run_id, _))| {
                !present.get(*path).is_some_and(|(run, status)| {
                    run == run_id || (status == "failed" && run.as_str() > run_id.as_str())
                })
            })
            .map(|(_, (file, run_id, at))| ManifestRow::loaded(table, file, run_id, *at))
            .collect();
        self.record(&missing)?;
        Ok(missing.len())
    }
}

fn values(row: &ManifestRow) -> String {
    let number = |value: Option<u64>| value.map_or("NULL".to_owned(), |value| value.to_string());
    let moment = jiff::Timestamp::from_microsecond(row.processed_at)
        .map(|moment| moment.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string())
        .unwrap_or_default();
    format!(
        "({}, {}, {}, {}, TIMESTAMP {}, {}, {}, {}, {}, {}, {}, {:.3}, {})",
        text(&row.path),
        text(&row.table),
        row.content_hash.as_deref().map_or("NULL".to_owned(), text),
        number(row.bytes),
        text(&moment),
        row.accepted,
        row.rejected,
        row.read,
        text(if row.error.is_some() { "failed" } else { "loaded" }),
        text(&row.run_id),
        number(row.bytes),
        row.seconds,
        row.error.as_deref().map_or("NULL".to_owned(), text),
    )
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
