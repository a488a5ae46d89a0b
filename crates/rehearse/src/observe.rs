//! One run of bronze and models in the copy, and what it noticed.

use crate::scratch::Scratch;
use ingot_bronze::{FileStatus, LoadOptions};
use ingot_core::error::Result;
use ingot_core::interrupt::Interrupt;
use ingot_core::report::Silent;
use ingot_engine::{EngineOptions, text_literal};
use ingot_models::Status;
use std::collections::{BTreeMap, BTreeSet};

/// The table in which models may list what they found: `code, column_name, src_filename, src_row_number`.
const FINDINGS: &str = "silver.data_quality_log";

/// What a run noticed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Observed {
    /// By file and row number: reject codes, with the column (empty if it is the row).
    pub(crate) rejected: BTreeMap<(String, i64), BTreeSet<(String, String)>>,
    /// The same of findings of the models.
    pub(crate) found: BTreeMap<(String, i64), BTreeSet<(String, String)>>,
    /// Why tables, or files of them, were not loaded.
    pub(crate) not_loaded: BTreeMap<String, BTreeSet<String>>,
    /// Tests that did not pass and models that could not be built, by unique id, with the number of failing rows.
    pub(crate) failing: BTreeMap<String, i64>,
}

/// Loads the raw files of the copy and builds its models, from nothing.
///
/// # Errors
/// The project is broken, or the run was interrupted.
pub(crate) fn observe(scratch: &Scratch, interrupt: &Interrupt) -> Result<Observed> {
    scratch.clear()?;
    let project = &scratch.project;
    let mut observed = Observed::default();
    let load = LoadOptions {
        interrupt: interrupt.clone(),
        keep_going: true,
        ..LoadOptions::new(project.data_raw(), project.lake(), project.warehouse(), project.schemas())
    };
    let loaded = ingot_bronze::load(&load, &Silent)?;
    for table in &loaded.tables {
        let errors = table
            .files
            .iter()
            .filter(|file| file.status == FileStatus::Failed)
            .filter_map(|file| file.error.clone())
            .chain(table.error.clone());
        let codes: BTreeSet<String> = errors.map(|error| rule_or_code(&error)).collect();
        if !codes.is_empty() {
            observed.not_loaded.insert(table.table.clone(), codes);
        }
    }
    interrupt.check()?;
    read_rejects(scratch, &mut observed)?;
    if project.root().join("dbt_project.yml").is_file() {
        let mut options = scratch.run_options();
        options.interrupt = interrupt.clone();
        let built = ingot_models::run(&options, &Silent)?;
        for node in &built.results {
            if node.status.is_bad() || node.status == Status::Warn {
                observed.failing.insert(node.unique_id.clone(), node.failures.unwrap_or(0));
            }
        }
        read_findings(scratch, &mut observed)?;
    }
    interrupt.check()?;
    Ok(observed)
}

/// `the rule 'rowCount'`, or the code that a message begins with.
fn rule_or_code(error: &str) -> String {
    match error.split_once("the rule '").and_then(|(_, rest)| rest.split_once('\'')) {
        Some((rule, _)) => format!("rule {rule}"),
        None => error.split(':').next().unwrap_or(error).to_owned(),
    }
}

fn read_rejects(scratch: &Scratch, observed: &mut Observed) -> Result<()> {
    let rejects = scratch.project.lake().join("_rejects");
    let has_any = walkdir::WalkDir::new(&rejects)
        .into_iter()
        .flatten()
        .any(|entry| entry.path().extension().is_some_and(|extension| extension == "parquet"));
    if !has_any {
        return Ok(());
    }
    let database = EngineOptions::in_memory().open()?;
    let rows = database.session()?.query(&format!(
        "select file, row_number, reason.code, coalesce(reason.column, '')
         from (select file, row_number,
                   unnest(from_json(reasons, '[{{\"code\": \"VARCHAR\", \"column\": \"VARCHAR\"}}]')) as reason
               from read_parquet({}, union_by_name = true))",
        text_literal(&rejects.join("**/*.parquet").to_string_lossy())
    ))?;
    for row in &rows.rows {
        let place = (row[0].to_string(), row[1].as_i64().unwrap_or(0));
        observed.rejected.entry(place).or_default().insert((row[2].to_string(), row[3].to_string()));
    }
    Ok(())
}

fn read_findings(scratch: &Scratch, observed: &mut Observed) -> Result<()> {
    let Some(warehouse) = scratch.warehouse()? else { return Ok(()) };
    let database = EngineOptions::existing_file(&warehouse).open()?;
    let mut session = database.session()?;
    // Most projects have no such table.
    let Ok(rows) = session.query(&format!(
        "select code, src_filename, src_row_number, coalesce(column_name, '') from {FINDINGS}"
    )) else {
        return Ok(());
    };
    for row in &rows.rows {
        let place = (row[1].to_string(), row[2].as_i64().unwrap_or(0));
        observed.found.entry(place).or_default().insert((row[0].to_string(), row[3].to_string()));
    }
    Ok(())
}
