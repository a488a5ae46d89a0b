//! `ingot lake recover`: the warehouse made again from the lake. What silver and gold held comes from their copies, the
//! manifest of bronze from its Delta logs.

use ingot_bronze::LoadOptions;
use ingot_core::error::{Context as _, Error, Kind, Result};
use ingot_core::report::{Reporter, counted};
use ingot_engine::EngineOptions;
use ingot_engine::duckdb::write_ahead_log;
use ingot_models::RunOptions;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What came back.
#[derive(Debug, Clone)]
pub struct Recovered {
    /// Where the file is that was there before.
    pub aside: Option<PathBuf>,
    /// A line for each table that came back.
    pub tables: Vec<String>,
    /// Raw files in the manifest; `None` if only tables were asked for, or the project has no contracts.
    pub files: Option<usize>,
}

impl Recovered {
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.tables.clone();
        lines.extend(self.files.map(|files| format!("manifest: {}", counted(files as u64, "raw file"))));
        lines.extend(
            self.aside.iter().map(|aside| format!("the file that was there is now {}", aside.display())),
        );
        lines.push(
            "run `ingot run-models`, which makes views and all that the lake has no copy of".to_owned(),
        );
        lines
    }

    pub fn json(&self) -> Value {
        json!({ "aside": self.aside, "tables": self.tables, "manifest_files": self.files })
    }
}

/// Brings back the tables that `models` selects into the database `warehouse`. If it selects none, the file is put aside,
/// and made anew with all tables that have a copy, and with the manifest.
///
/// # Errors
/// Another process has the database open, or a copy or a log is damaged. The file that was there is in its place then.
pub fn recover(
    warehouse: &Path,
    models: &RunOptions,
    bronze: &LoadOptions,
    reporter: &dyn Reporter,
) -> Result<Recovered> {
    if !models.select.is_empty() {
        let tables = ingot_models::run(models, reporter)?.output;
        return Ok(Recovered { aside: None, tables, files: None });
    }
    refuse_in_use(warehouse)?;
    let aside = put_aside(warehouse)?;
    let outcome = rebuild(models, bronze, reporter);
    let (tables, files) = outcome.inspect_err(|_| {
        // Not having less than before is worth more than an error of the way back.
        let _ = std::fs::remove_file(write_ahead_log(warehouse));
        let _ = std::fs::remove_file(warehouse);
        if let Some(aside) = &aside {
            let _ = std::fs::rename(aside, warehouse);
            let _ = std::fs::rename(write_ahead_log(aside), write_ahead_log(warehouse));
        }
    })?;
    Ok(Recovered { aside, tables, files })
}

fn rebuild(
    models: &RunOptions,
    bronze: &LoadOptions,
    reporter: &dyn Reporter,
) -> Result<(Vec<String>, Option<usize>)> {
    // A project may have only bronze.
    let tables = match models.project_dir.join("dbt_project.yml").is_file() {
        true => ingot_models::run(models, reporter)?.output,
        false => Vec::new(),
    };
    let files = match bronze.schemas.is_dir() {
        true => Some(ingot_bronze::restore_manifest(bronze, reporter)?),
        false => None,
    };
    Ok((tables, files))
}

/// A file that another process writes to must not be taken from it.
fn refuse_in_use(warehouse: &Path) -> Result<()> {
    if !warehouse.exists() {
        return Ok(());
    }
    match EngineOptions::existing_file(warehouse).open() {
        Err(error) if *error.kind() == Kind::InUse => Err(error),
        // Whether it can be opened does not matter.
        _ => Ok(()),
    }
}

/// Gives the file another name, of the moment in which that happened; nothing if there is none.
fn put_aside(warehouse: &Path) -> Result<Option<PathBuf>> {
    if !warehouse.exists() {
        return Ok(None);
    }
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%6f");
    let name = warehouse.file_name().unwrap_or_default().to_string_lossy();
    let aside = warehouse.with_file_name(format!("{name}.before-{now}"));
    if aside.exists() {
        return Err(Error::new("there is a file already that was put aside at this moment").at(aside));
    }
    std::fs::rename(warehouse, &aside).or_cannot_at("put the database aside", warehouse)?;
    let log = write_ahead_log(warehouse);
    if log.exists() {
        std::fs::rename(&log, write_ahead_log(&aside)).or_cannot_at("put the database's log aside", &log)?;
    }
    Ok(Some(aside))
}
