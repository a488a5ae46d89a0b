//! `ingot status`: one screen that says how the project is and what to do next. It reads what runs left on disk, and changes
//! nothing.

use crate::alert::Finding;
use ingot_bronze::{BronzeStatus, Fresh, LoadOptions, TableStatus};
use ingot_core::error::{Kind, Result};
use ingot_core::report::{Reporter, Table, bytes, counted, verb};
use ingot_operate::{Listing, RunsView, runs};
use serde_json::{Value, json};
use std::path::Path;
use walkdir::WalkDir;

/// How many runs are shown.
const RUNS: usize = 5;
/// What is shown of them; `ingot runs` shows more.
const RUN_COLUMNS: [&str; 5] = ["run", "command", "result", "seconds", "rows"];

/// How a project is.
#[derive(Debug, Clone)]
pub struct ProjectStatus {
    /// `None` if the project has no contracts.
    pub bronze: Option<BronzeStatus>,
    /// The newest runs; `None` if there are none.
    pub runs: Option<Listing>,
    /// What failed in the newest run of each command.
    pub failed: Option<Listing>,
    /// Bytes of each layer of the lake and of the warehouse.
    pub sizes: Vec<(String, u64)>,
    pub findings: Vec<Finding>,
}

/// Looks at the project.
///
/// # Errors
/// Contracts, a bronze table or the history of runs cannot be read.
pub fn status(options: &LoadOptions, reporter: &dyn Reporter) -> Result<ProjectStatus> {
    let bronze = match options.schemas.is_dir() {
        true => Some(ingot_bronze::status(options, reporter)?),
        false => None,
    };
    let lake = &options.lake;
    let all = known(runs(lake, &RunsView::Runs, Some(RUNS)))?;
    let last = known(runs(lake, &RunsView::Last, None))?;
    let failed = known(runs(lake, &RunsView::Failed, None))?.filter(|failed| !failed.rows.rows.is_empty());
    let mut findings: Vec<Finding> =
        bronze.iter().flat_map(|bronze| &bronze.tables).flat_map(of_table).collect();
    findings.extend(last.iter().flat_map(of_runs));
    findings.extend(failed.iter().flat_map(of_parts));
    // What wakes somebody comes first.
    findings.sort_by_key(|finding| !finding.is_alert);
    Ok(ProjectStatus { bronze, runs: all, failed, sizes: sizes(options), findings })
}

/// A project that never ran has no history, which is not an error here.
fn known(found: Result<Listing>) -> Result<Option<Listing>> {
    match found {
        Err(error) if matches!(error.kind(), Kind::NotFound { what: "history", .. }) => Ok(None),
        found => found.map(Some),
    }
}

fn of_table(table: &TableStatus) -> Vec<Finding> {
    let name = &table.table;
    let mut found = Vec::new();
    let age =
        table.age_hours.map_or_else(String::new, |hours| format!(": its newest load is {hours:.0} h old"));
    let late = |is_alert, word: &str| Finding {
        is_alert,
        what: format!("bronze.{name} is {word}{age}"),
        next: "find out why no file has come; then run `ingot load-bronze`".to_owned(),
    };
    match table.freshness {
        Fresh::Error => found.push(late(true, "stale")),
        Fresh::Warn => found.push(late(false, "late")),
        Fresh::Never => found.push(late(false, "not loaded yet")),
        Fresh::Ok | Fresh::Unstated => {}
    }
    if let Some(failed) = table.failed_files.filter(|failed| *failed > 0) {
        found.push(Finding {
            is_alert: true,
            what: format!("{} of {name} {} not loaded", counted(failed, "file"), verb(failed, "was", "were")),
            next: format!("run `ingot load-bronze --table {name}`, which says why"),
        });
    }
    if table.open_rejects > 0 {
        found.push(Finding {
            is_alert: false,
            what: format!(
                "{} of {name} {} open",
                counted(table.open_rejects, "reject"),
                verb(table.open_rejects, "is", "are")
            ),
            next: format!("see them with `ingot bronze rejects --table {name}`"),
        });
    }
    found
}

/// Commands whose newest run did not end well.
fn of_runs(last: &Listing) -> Vec<Finding> {
    let cell = |row: &[ingot_engine::Cell], name: &str| {
        last.rows.column(name).and_then(|at| row.get(at)).map(ToString::to_string).unwrap_or_default()
    };
    let is_bad = last.rows.rows.iter().filter(|row| cell(row, "result") != "ok");
    is_bad
        .map(|row| {
            let error = cell(row, "error");
            let first = error.lines().next().map_or_else(String::new, |line| format!(": {line}"));
            Finding {
                is_alert: true,
                what: format!(
                    "the newest {} ended with '{}'{first}",
                    cell(row, "command"),
                    cell(row, "result")
                ),
                next: format!("see `ingot runs show {}`", cell(row, "run")),
            }
        })
        .collect()
}

/// Tests and nodes that failed.
fn of_parts(failed: &Listing) -> Vec<Finding> {
    let cell = |row: &[ingot_engine::Cell], name: &str| {
        failed.rows.column(name).and_then(|at| row.get(at)).map(ToString::to_string).unwrap_or_default()
    };
    let rows = failed.rows.rows.iter();
    rows.map(|row| Finding {
        is_alert: true,
        what: format!("{} {}: {}", cell(row, "kind"), cell(row, "part"), cell(row, "status")),
        next: match cell(row, "kind").as_str() {
            "table" => "run `ingot load-bronze`, which says why".to_owned(),
            _ => "correct it, then run `ingot dbt retry`".to_owned(),
        },
    })
    .collect()
}

fn sizes(options: &LoadOptions) -> Vec<(String, u64)> {
    let mut sizes = Vec::new();
    for layer in ["bronze", "silver", "gold", "_rejects", "_runs"] {
        let folder = match layer.starts_with('_') {
            true => options.lake.join(layer),
            // The Parquet side has the same files under second names.
            false => options.lake.join(layer).join("delta"),
        };
        if folder.is_dir() {
            sizes.push((format!("lake/{layer}"), size_of(&folder)));
        }
    }
    if let Ok(found) = std::fs::metadata(&options.manifest) {
        sizes.push(("warehouse".to_owned(), found.len()));
    }
    sizes
}

fn size_of(folder: &Path) -> u64 {
    let files = WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    files.filter_map(|file| file.metadata().ok()).map(|found| found.len()).sum()
}

impl ProjectStatus {
    pub fn has_alert(&self) -> bool {
        self.findings.iter().any(|finding| finding.is_alert)
    }

    /// What one screen of 80 columns shows. What to do comes last, where the eye is.
    pub fn tables(&self) -> Vec<Table> {
        let mut tables: Vec<Table> = self.bronze.iter().map(BronzeStatus::short_table).collect();
        tables.extend(self.runs.iter().map(|runs| runs.table_of(&RUN_COLUMNS)));
        let headers = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        tables.push(Table {
            title: "sizes".to_owned(),
            headers: headers(&["what", "size"]),
            rows: self.sizes.iter().map(|(what, size)| vec![what.clone(), bytes(*size)]).collect(),
        });
        if !self.findings.is_empty() {
            // The command below what it is for, so that neither is cut off.
            let rows_of = |finding: &Finding| {
                let level = if finding.is_alert { "ALERT" } else { "note" };
                [
                    vec![level.to_owned(), finding.what.clone()],
                    vec![String::new(), format!("next: {}", finding.next)],
                ]
            };
            tables.push(Table {
                title: "to do".to_owned(),
                headers: headers(&["level", "what, and what next"]),
                rows: self.findings.iter().flat_map(rows_of).collect(),
            });
        }
        tables
    }

    pub fn json(&self) -> Value {
        let sizes = self.sizes.iter().map(|(what, size)| (what.clone(), json!(size)));
        json!({
            "alert": self.has_alert(),
            "findings": self.findings.iter().map(Finding::json).collect::<Vec<_>>(),
            "tables": self.bronze.as_ref().map(|bronze| bronze.json()["tables"].clone()),
            "runs": self.runs.as_ref().map(Listing::json),
            "failed": self.failed.as_ref().map(Listing::json),
            "sizes": Value::Object(sizes.collect()),
        })
    }
}
