//! The manifest: tables in the DuckDB warehouse, for people and for SQL, with a row for each raw file, for each of its
//! deliveries, for each change of a table's columns, and for each rejected row that a replay loaded.
//!
//! It follows the Delta log, which decides what is loaded. A lost manifest is complete again after the next run, except
//! for files that failed, which no log remembers.

use super::commit_record::{CommitRecord, Delivery, Processed};
use super::loaded_files::LoadedFiles;
use crate::evolution::SchemaChange;
use crate::run_stamp::RunStamp;
use ingot_core::error::{Context as _, Result};
use ingot_engine::duckdb::{KeptSeal, Seal};
use ingot_engine::{Cell, Engine, EngineOptions, Session};
use serde_json::{Value, json};
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
);
CREATE TABLE IF NOT EXISTS main.manifest_deliveries (
    src_path VARCHAR NOT NULL,
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
    error VARCHAR,
    PRIMARY KEY (src_path, run_id)
);
CREATE TABLE IF NOT EXISTS main.manifest_schema_changes (
    run_id VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    table_name VARCHAR NOT NULL,
    column_name VARCHAR NOT NULL,
    change VARCHAR NOT NULL,
    data_type VARCHAR,
    evolution_mode VARCHAR NOT NULL,
    src_path VARCHAR,
    files BIGINT NOT NULL,
    PRIMARY KEY (run_id, table_name, column_name, change)
);
CREATE TABLE IF NOT EXISTS main.manifest_replayed_rows (
    table_name VARCHAR NOT NULL,
    src_path VARCHAR NOT NULL,
    src_row_number BIGINT NOT NULL,
    rejected_by VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    replayed_at TIMESTAMP NOT NULL,
    contract_version VARCHAR NOT NULL,
    corrected BOOLEAN NOT NULL,
    PRIMARY KEY (table_name, src_path, src_row_number, rejected_by)
)";

/// The columns of a table of the manifest with DuckDB's names of their types; `None` if it has no such table.
pub fn manifest_columns(table: &str) -> Option<Vec<(&'static str, &'static str)>> {
    let (_, body) = CREATE.split_once(&format!("main.{table} (\n"))?;
    let (body, _) = body.split_once("\n)")?;
    let columns = body.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once(' ')?;
        // Keys are the only lines that do not begin with a column.
        let is_column = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        is_column.then(|| (name, rest.split([' ', ',']).next().unwrap_or(rest)))
    });
    Some(columns.collect())
}

const ROWS_OF_A_STATEMENT: usize = 10_000;

/// The newest delivery of each raw file, by `src_path`.
const FILES: &str = "manifest_processed_files";
/// All deliveries of each raw file, by `src_path` and `run_id`: the history that the first table forgets.
const DELIVERIES: &str = "manifest_deliveries";
/// The columns of both.
const FILE_COLUMNS: &[&str] = &[
    "src_path",
    "table_name",
    "content_hash",
    "size",
    "processed_at",
    "row_count",
    "reject_count",
    "rows_read",
    "status",
    "run_id",
    "bytes",
    "seconds",
    "error",
];
const SCHEMA_CHANGE_COLUMNS: &[&str] = &[
    "run_id",
    "changed_at",
    "table_name",
    "column_name",
    "change",
    "data_type",
    "evolution_mode",
    "src_path",
    "files",
];
const REPLAYED_ROW_COLUMNS: &[&str] = &[
    "table_name",
    "src_path",
    "src_row_number",
    "rejected_by",
    "run_id",
    "replayed_at",
    "contract_version",
    "corrected",
];

/// A raw file, or one delivery of it.
#[derive(Debug, Clone)]
pub(crate) struct ManifestRow {
    pub(crate) table: String,
    pub(crate) path: String,
    pub(crate) content_hash: Option<String>,
    pub(crate) bytes: Option<u64>,
    pub(crate) accepted: u64,
    pub(crate) rejected: u64,
    pub(crate) read: u64,
    pub(crate) run_id: String,
    /// Microseconds since 1970.
    pub(crate) processed_at: i64,
    pub(crate) seconds: f64,
    /// `loaded`, `failed`, `skipped`, or `undone` if its rows have left the table.
    status: &'static str,
    /// Why the file was not loaded.
    pub(crate) error: Option<String>,
}

impl ManifestRow {
    pub(crate) fn loaded(table: &str, file: &Processed, run_id: &str, processed_at: i64) -> Self {
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
            status: "loaded",
            error: None,
        }
    }

    fn of_delivery(table: &str, delivery: &Delivery) -> Self {
        let row = Self::loaded(table, &delivery.file, &delivery.run_id, delivery.at);
        if delivery.undone { Self { status: "undone", ..row } } else { row }
    }

    /// A file below the folder `raw` that was not loaded.
    pub(crate) fn failed(run: &RunStamp, raw: &Path, table: &str, path: &str, error: String) -> Self {
        Self::not_loaded("failed", run, raw, table, path, error)
    }

    /// A file below the folder `raw` that was passed over, as the contract says.
    pub(crate) fn skipped(run: &RunStamp, raw: &Path, table: &str, path: &str, reason: String) -> Self {
        Self::not_loaded("skipped", run, raw, table, path, reason)
    }

    fn not_loaded(
        status: &'static str,
        run: &RunStamp,
        raw: &Path,
        table: &str,
        path: &str,
        error: String,
    ) -> Self {
        Self {
            table: table.to_owned(),
            path: path.to_owned(),
            content_hash: None,
            bytes: std::fs::metadata(raw.join(path)).ok().map(|found| found.len()),
            accepted: 0,
            rejected: 0,
            read: 0,
            run_id: run.id.clone(),
            processed_at: run.at,
            seconds: 0.0,
            status,
            error: Some(error),
        }
    }
}

/// Everything that is written here, as a seal names it.
const WRITTEN: [&str; 4] = [
    "main.manifest_processed_files",
    "main.manifest_deliveries",
    "main.manifest_schema_changes",
    "main.manifest_replayed_rows",
];

pub(crate) struct LoadManifest {
    session: Box<dyn Session>,
    _engine: Box<dyn Engine>,
    /// The last field, so that it is dropped when the file is closed.
    _seal: Option<KeptSeal>,
}

impl LoadManifest {
    /// # Errors
    /// When the engine cannot open the file, for instance because another process has it open.
    pub(crate) fn open(path: &Path, seal_folder: Option<&Path>) -> Result<Self> {
        let seal = seal_folder.map(|folder| Seal::look(folder, path));
        let engine =
            EngineOptions::file(path).open().map_err(|error| error.context("opening the manifest"))?;
        let seal = seal.and_then(|seal| seal.kept_over_writes_to(&WRITTEN));
        let mut session = engine.session()?;
        session.execute(CREATE)?;
        Ok(Self { session, _engine: engine, _seal: seal })
    }

    /// Writes what became of a commit's files, columns and rejected rows, and which files were not loaded.
    ///
    /// A replay changes the counts of files that earlier commits loaded: call [`Self::heal`] after it as well.
    pub(crate) fn record_commit(
        &mut self,
        table: &str,
        record: &CommitRecord,
        not_loaded: &[ManifestRow],
    ) -> Result<()> {
        let loaded = record
            .files
            .iter()
            .map(|file| ManifestRow::loaded(table, file, &record.run_id, record.ingestion_ts));
        let rows: Vec<ManifestRow> = loaded.chain(not_loaded.iter().cloned()).collect();
        self.record_files(&rows)?;
        self.record_schema_changes(table, &record.run_id, record.ingestion_ts, &record.schema_changes)?;
        self.record_replayed(table, record)
    }

    /// Writes what became of files in one run; rows about the same files in earlier runs stay in the history. A skipped file is
    /// skipped again by each run, which is not worth a row of the history.
    pub(crate) fn record_files(&mut self, rows: &[ManifestRow]) -> Result<()> {
        let tried: Vec<ManifestRow> = rows.iter().filter(|row| row.status != "skipped").cloned().collect();
        self.write(DELIVERIES, &tried)?;
        self.write(FILES, rows)
    }

    /// Writes that a table failed as a whole. What the manifest says of files that it knows stays.
    pub(crate) fn record_failed_table(&mut self, rows: &[ManifestRow]) -> Result<()> {
        self.write(DELIVERIES, rows)?;
        self.write_or("IGNORE", FILES, rows)
    }

    /// Rows of the same key are replaced.
    fn write(&mut self, table: &str, rows: &[ManifestRow]) -> Result<()> {
        self.write_or("REPLACE", table, rows)
    }

    /// `or` is what becomes of rows whose key is there.
    fn write_or(&mut self, or: &str, table: &str, rows: &[ManifestRow]) -> Result<()> {
        let rows: Vec<Value> = rows.iter().map(values).collect();
        self.insert(or, table, FILE_COLUMNS, &rows)
    }

    /// Writes what happened to a table's columns in one run.
    fn record_schema_changes(
        &mut self,
        table: &str,
        run_id: &str,
        at: i64,
        changes: &[SchemaChange],
    ) -> Result<()> {
        let rows: Vec<Value> = changes
            .iter()
            .map(|change| {
                let first_file = Some(&change.first_file).filter(|file| !file.is_empty());
                json!([
                    run_id,
                    moment(at),
                    table,
                    change.column,
                    change.change.word(),
                    change.data_type,
                    change.mode,
                    first_file,
                    change.files
                ])
            })
            .collect();
        self.insert("IGNORE", "manifest_schema_changes", SCHEMA_CHANGE_COLUMNS, &rows)
    }

    /// Writes which rejected rows a replay loaded.
    fn record_replayed(&mut self, table: &str, record: &CommitRecord) -> Result<()> {
        let at = moment(record.ingestion_ts);
        let mut rows = Vec::new();
        for replayed in &record.replayed {
            for row in &replayed.rows {
                rows.push(json!([
                    table,
                    replayed.file,
                    row,
                    replayed.rejects,
                    record.run_id,
                    at,
                    record.contract_version,
                    replayed.corrected.contains(row)
                ]));
            }
        }
        self.insert("IGNORE", "manifest_replayed_rows", REPLAYED_ROW_COLUMNS, &rows)
    }

    /// Inserts rows, each an array of its columns' values.
    ///
    /// They go as one JSON text: DuckDB's SQL parser takes a quarter of a millisecond for a row of `VALUES`, which was a
    /// fifth of the time that a feed of 700 small files took.
    fn insert(&mut self, or: &str, table: &str, columns: &[&str], rows: &[Value]) -> Result<()> {
        // Texts, which INSERT casts to the types of the table.
        let values: Vec<String> = (0..columns.len()).map(|place| format!("entry ->> {place}")).collect();
        for part in rows.chunks(ROWS_OF_A_STATEMENT) {
            let rows = serde_json::to_string(part).or_cannot("write the rows of the manifest as JSON")?;
            self.session.execute(&format!(
                "INSERT OR {or} INTO main.{table} ({}) \
                 SELECT {} FROM (SELECT unnest(from_json_strict({}, '[\"JSON\"]')) AS entry)",
                columns.join(", "),
                values.join(", "),
                text(&rows)
            ))?;
        }
        Ok(())
    }

    /// Adds what the log of a table knows and the manifest does not. A failed later attempt stays as it is.
    pub(crate) fn heal(&mut self, table: &str, loaded: &LoadedFiles) -> Result<()> {
        let rows = self.session.query(&format!(
            "SELECT src_path, run_id, status, row_count FROM main.manifest_processed_files WHERE table_name = {}",
            text(table)
        ))?;
        let mut present: HashMap<String, (String, bool, i128)> = HashMap::new();
        for row in rows.rows {
            if let [Cell::Text(path), Cell::Text(run), Cell::Text(status), Cell::Int(rows)] = row.as_slice() {
                present.insert(path.clone(), (run.clone(), status != "loaded", *rows));
            }
        }
        let missing: Vec<ManifestRow> = loaded
            .files
            .iter()
            .filter(|(path, delivery)| match present.get(*path) {
                None => true,
                Some((run, true, _)) => run.as_str() <= delivery.run_id.as_str(),
                Some((run, false, rows)) => {
                    *run != delivery.run_id || *rows != i128::from(delivery.file.accepted)
                }
            })
            .map(|(_, delivery)| ManifestRow::of_delivery(table, delivery))
            .collect();
        self.write(FILES, &missing)?;
        self.heal_deliveries(table, loaded)?;
        self.heal_changing_commits(table, loaded)
    }

    fn heal_deliveries(&mut self, table: &str, loaded: &LoadedFiles) -> Result<()> {
        let rows = self.session.query(&format!(
            "SELECT src_path, run_id, row_count FROM main.{DELIVERIES} WHERE table_name = {} AND status IN ('loaded', 'undone')",
            text(table)
        ))?;
        let mut present: HashMap<(String, String), i128> = HashMap::new();
        for row in rows.rows {
            if let [Cell::Text(path), Cell::Text(run), Cell::Int(rows)] = row.as_slice() {
                present.insert((path.clone(), run.clone()), *rows);
            }
        }
        let missing: Vec<ManifestRow> = loaded
            .earlier
            .iter()
            .chain(loaded.files.values())
            .filter(|delivery| {
                let key = (delivery.file.path.clone(), delivery.run_id.clone());
                present.get(&key) != Some(&i128::from(delivery.file.accepted))
            })
            .map(|delivery| ManifestRow::of_delivery(table, delivery))
            .collect();
        self.write(DELIVERIES, &missing)
    }

    fn heal_changing_commits(&mut self, table: &str, loaded: &LoadedFiles) -> Result<()> {
        if loaded.changing_commits.is_empty() {
            return Ok(());
        }
        let runs = self.session.query(&format!(
            "SELECT run_id FROM main.manifest_schema_changes WHERE table_name = {0} UNION \
             SELECT run_id FROM main.manifest_replayed_rows WHERE table_name = {0}",
            text(table)
        ))?;
        for record in &loaded.changing_commits {
            let is_there =
                |row: &Vec<Cell>| matches!(row.as_slice(), [Cell::Text(run)] if *run == record.run_id);
            // The newest may have been cut off between two statements.
            if !runs.rows.iter().any(is_there) || loaded.changing_commits.last() == Some(record) {
                self.record_schema_changes(
                    table,
                    &record.run_id,
                    record.ingestion_ts,
                    &record.schema_changes,
                )?;
                self.record_replayed(table, record)?;
            }
        }
        Ok(())
    }
}

/// The values of [`FILE_COLUMNS`].
fn values(row: &ManifestRow) -> Value {
    json!([
        row.path,
        row.table,
        row.content_hash,
        row.bytes,
        moment(row.processed_at),
        row.accepted,
        row.rejected,
        row.read,
        row.status,
        row.run_id,
        row.bytes,
        (row.seconds * 1000.0).round() / 1000.0,
        row.error
    ])
}

fn moment(microseconds: i64) -> String {
    jiff::Timestamp::from_microsecond(microseconds)
        .map(|moment| moment.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string())
        .unwrap_or_default()
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
