//! What is in bronze: read from the Delta logs and the reject files. Only failed files, which no log remembers, are looked
//! up in the manifest, if no other process has it open.

use crate::commit::{LoadedFiles, TablePaths};
use crate::feeds::chosen_contracts;
use crate::options::LoadOptions;
use crate::rejects::{reject_keys, reject_paths};
use crate::text_table::text_table;
use ingot_contract::{Contract, Freshness};
use ingot_core::error::{Context as _, Result};
use ingot_core::report::{self, Reporter, thousands};
use ingot_engine::{Cell, EngineOptions};
use ingot_lake::parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs::File;

/// How fresh a table is: the age of its newest load against what its contract allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fresh {
    Ok,
    Warn,
    Error,
    /// Nothing was loaded yet.
    Never,
    /// The contract does not say how fresh it should be.
    Unstated,
}

impl Fresh {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "fresh",
            Self::Warn => "late",
            Self::Error => "stale",
            Self::Never => "never loaded",
            Self::Unstated => "-",
        }
    }

    fn of(freshness: Option<Freshness>, age_hours: Option<f64>) -> Self {
        match (freshness, age_hours) {
            (_, None) => Self::Never,
            (None, _) => Self::Unstated,
            (Some(limits), Some(age)) if age > limits.error_after_hours => Self::Error,
            (Some(limits), Some(age)) if age > limits.warn_after_hours => Self::Warn,
            _ => Self::Ok,
        }
    }
}

#[derive(Debug, Clone)]
pub struct TableStatus {
    pub table: String,
    /// The version of the Delta table; `None` if there is no table.
    pub version: Option<u64>,
    /// Rows that readers see.
    pub rows: u64,
    pub raw_files: usize,
    /// Rows in the reject files that wait to be corrected.
    pub open_rejects: u64,
    /// Files that failed at the last attempt; `None` if the manifest could not be read.
    pub failed_files: Option<u64>,
    /// Microseconds since 1970.
    pub newest_load: Option<i64>,
    pub age_hours: Option<f64>,
    pub freshness: Fresh,
    /// The version of the contract at the newest load.
    pub loaded_contract: Option<String>,
    /// The version of the contract now.
    pub contract: String,
}

#[derive(Debug, Clone)]
pub struct BronzeStatus {
    pub tables: Vec<TableStatus>,
}

/// What is loaded, from what, and how fresh it is. `options` says where everything is and which feeds are asked for.
///
/// # Errors
/// No contracts, an unknown feed, a table that cannot be read.
pub fn status(options: &LoadOptions, reporter: &dyn Reporter) -> Result<BronzeStatus> {
    let contracts = chosen_contracts(options)?;
    let failed = failed_files(options).unwrap_or_else(|error| {
        let hint = error.hint_text().map(|hint| format!("; {hint}")).unwrap_or_default();
        reporter.warn(format!("failed files are not shown: {}{hint}", error.message()));
        None
    });
    let now = jiff::Timestamp::now().as_microsecond();
    let tables = contracts
        .iter()
        .map(|contract| table_status(options, contract, failed.as_ref(), now))
        .collect::<Result<_>>()?;
    Ok(BronzeStatus { tables })
}

fn table_status(
    options: &LoadOptions,
    contract: &Contract,
    failed: Option<&HashMap<String, u64>>,
    now: i64,
) -> Result<TableStatus> {
    let paths = TablePaths { lake: options.lake.clone(), table: contract.name.clone() };
    let delta = paths.open()?;
    let loaded = delta.as_ref().map(LoadedFiles::of).transpose()?.unwrap_or_default();
    let rows = match &delta {
        Some(delta) => delta.files()?.iter().filter_map(|file| file.rows).sum(),
        None => 0,
    };
    let newest_load = loaded.newest.as_ref().map(|(at, _)| *at);
    let age_hours = newest_load.map(|at| (now - at) as f64 / 3.6e9);
    Ok(TableStatus {
        table: contract.name.clone(),
        version: delta.as_ref().map(ingot_lake::DeltaTable::version),
        rows,
        raw_files: loaded.files.len(),
        open_rejects: open_rejects(&paths)?,
        failed_files: failed.map(|failed| failed.get(&contract.name).copied().unwrap_or(0)),
        newest_load,
        age_hours,
        freshness: Fresh::of(contract.freshness, age_hours),
        loaded_contract: loaded.newest.as_ref().map(|(_, version)| version.clone()),
        contract: contract.version.clone(),
    })
}

fn open_rejects(paths: &TablePaths) -> Result<u64> {
    let mut rows = 0;
    for key in reject_keys(&paths.lake, &paths.table)? {
        let [_, parquet] = reject_paths(&paths.lake, &paths.table, &key);
        let task = "read the reject file";
        let reader = SerializedFileReader::new(File::open(&parquet).or_cannot_at(task, &parquet)?)
            .or_cannot_at(task, &parquet)?;
        rows += u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or_default();
    }
    Ok(rows)
}

/// By table; empty if there is no manifest yet.
fn failed_files(options: &LoadOptions) -> Result<Option<HashMap<String, u64>>> {
    let mut failed = HashMap::new();
    if !options.manifest.is_file() {
        return Ok(Some(failed));
    }
    let engine = EngineOptions::existing_file(&options.manifest).open()?;
    let rows = engine.session()?.query(
        "SELECT table_name, count(*) FROM main.manifest_processed_files WHERE status = 'failed' GROUP BY 1",
    )?;
    for row in rows.rows {
        if let [Cell::Text(table), Cell::Int(count)] = row.as_slice() {
            failed.insert(table.clone(), u64::try_from(*count).unwrap_or_default());
        }
    }
    Ok(Some(failed))
}

impl TableStatus {
    fn loaded_at(&self) -> Option<String> {
        let moment = jiff::Timestamp::from_microsecond(self.newest_load?).ok()?;
        Some(moment.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
    }
}

impl BronzeStatus {
    /// What matters each morning, one line for each table that fits on a terminal of 80 columns.
    pub fn short_table(&self) -> report::Table {
        let dash = || "-".to_owned();
        let row = |status: &TableStatus| {
            vec![
                status.table.clone(),
                thousands(status.rows),
                status.age_hours.map_or_else(dash, age),
                status.freshness.word().to_owned(),
                status.failed_files.map_or_else(dash, thousands),
                thousands(status.open_rejects),
            ]
        };
        text_table(
            "bronze",
            &["table", "rows", "age", "freshness", "failed files", "open rejects"],
            self.tables.iter().map(row).collect(),
        )
    }

    /// One line for each table, with all that is known.
    pub fn table(&self) -> report::Table {
        let dash = || "-".to_owned();
        let rows = self
            .tables
            .iter()
            .map(|status| {
                let contract = match &status.loaded_contract {
                    Some(loaded) if *loaded != status.contract => {
                        format!("{loaded}, now {}", status.contract)
                    }
                    _ => status.contract.clone(),
                };
                vec![
                    status.table.clone(),
                    thousands(status.rows),
                    thousands(status.raw_files as u64),
                    status.failed_files.map_or_else(dash, thousands),
                    thousands(status.open_rejects),
                    status.version.map_or_else(dash, |version| version.to_string()),
                    status.loaded_at().unwrap_or_else(dash),
                    status.age_hours.map_or_else(dash, age),
                    status.freshness.word().to_owned(),
                    contract,
                ]
            })
            .collect();
        text_table(
            "bronze",
            &[
                "table",
                "rows",
                "raw files",
                "failed",
                "open rejects",
                "version",
                "newest load",
                "age",
                "freshness",
                "contract",
            ],
            rows,
        )
    }

    /// The same for programs. Fields may be added; existing fields are stable.
    pub fn json(&self) -> Value {
        let tables: Vec<Value> = self
            .tables
            .iter()
            .map(|status| {
                json!({
                    "table": status.table, "version": status.version, "rows": status.rows,
                    "raw_files": status.raw_files, "failed_files": status.failed_files,
                    "open_rejects": status.open_rejects, "newest_load": status.loaded_at(),
                    "age_hours": status.age_hours, "freshness": status.freshness.word(),
                    "loaded_contract": status.loaded_contract, "contract": status.contract,
                })
            })
            .collect();
        json!({ "tables": tables })
    }
}

/// `3 min`, `5.2 h`, `3 days`.
fn age(hours: f64) -> String {
    if hours < 1.0 {
        format!("{:.0} min", hours * 60.0)
    } else if hours < 48.0 {
        format!("{hours:.1} h")
    } else {
        format!("{:.0} days", hours / 24.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness_follows_the_contract() {
        let limits = Some(Freshness { warn_after_hours: 12.0, error_after_hours: 24.0 });
        for (age, expected) in [(1.0, Fresh::Ok), (12.5, Fresh::Warn), (25.0, Fresh::Error)] {
            assert_eq!(Fresh::of(limits, Some(age)), expected);
        }
        assert_eq!((Fresh::of(limits, None), Fresh::of(None, Some(1.0))), (Fresh::Never, Fresh::Unstated));
        assert_eq!((age(0.05), age(5.24), age(72.0)), ("3 min".into(), "5.2 h".into(), "3 days".into()));
    }
}
