//! Whether contracts fit what is there: the files of the raw folder, and the tables of the lake.

use crate::commit::TablePaths;
use crate::evolution::contract_type;
use crate::load_new::load;
use crate::options::LoadOptions;
use crate::summary::TableSummary;
use crate::text_table::text_table;
use ingot_contract::{Contract, load_all};
use ingot_core::error::Result;
use ingot_core::report::{self, Silent};
use ingot_lake::DeltaTable;
use serde_json::{Value, json};
use std::path::Path;

/// How one contract fits.
#[derive(Debug)]
pub struct Fit {
    feed: String,
    files: usize,
    rows: u64,
    rejected: u64,
    /// Why rows are rejected and files refused, and what of the table is not as the contract says.
    notes: Vec<String>,
    /// Whether every file is accepted as a whole.
    pub is_whole: bool,
}

/// Reads all raw files against their contracts, without writing anything, and compares the tables' columns with theirs.
///
/// # Errors
/// What keeps a load from beginning; a raw folder without any file of a feed is among that.
pub fn fits(options: &LoadOptions) -> Result<Vec<Fit>> {
    // In a lake where nothing is loaded yet, every file is new.
    let nowhere = options.lake.join("bronze").join(".nothing-is-loaded-here");
    let manifest = nowhere.join("manifest.duckdb");
    let read = LoadOptions { dry_run: true, keep_going: true, lake: nowhere, manifest, ..options.clone() };
    let summary = load(&read, &Silent)?;
    let contracts = load_all(&options.schemas)?;
    let of = |table: &TableSummary| contracts.iter().find(|contract| contract.name == table.table);
    summary.tables.iter().map(|table| fit(table, of(table), &options.lake)).collect()
}

fn fit(table: &TableSummary, contract: Option<&Contract>, lake: &Path) -> Result<Fit> {
    let mut notes: Vec<String> = table.error.iter().cloned().collect();
    let mut failed = 0;
    for file in &table.files {
        if let Some(error) = &file.error {
            failed += 1;
            if failed <= 3 {
                notes.push(format!("{}: {error}", file.path));
            }
        }
    }
    if failed > 3 {
        notes.push(format!("{} more files are refused", failed - 3));
    }
    for ((code, column), count) in table.reasons.iter() {
        let of = column.as_deref().map(|column| format!(" in '{column}'")).unwrap_or_default();
        let first = count.first.first().map(|one| format!(", first in {}", one.file)).unwrap_or_default();
        notes.push(format!(
            "{} rejected for {code}{of}{first}",
            if count.rows == 1 { "1 row is".to_owned() } else { format!("{} rows are", count.rows) }
        ));
    }
    if let Some(contract) = contract {
        notes.extend(table_notes(contract, lake)?);
    }
    Ok(Fit {
        feed: table.table.clone(),
        files: table.files.len(),
        rows: table.read(),
        rejected: table.rejected(),
        is_whole: table.error.is_none() && failed == 0 && table.rejected() == 0,
        notes,
    })
}

/// How the table's columns differ from the contract's.
fn table_notes(contract: &Contract, lake: &Path) -> Result<Vec<String>> {
    let folder = TablePaths { lake: lake.to_path_buf(), table: contract.name.clone() }.delta();
    if !DeltaTable::exists(&folder) {
        return Ok(Vec::new());
    }
    let schema = DeltaTable::open(&folder)?.schema()?;
    let mut notes = Vec::new();
    for column in &contract.columns {
        match schema.field_with_name(&column.name) {
            Err(_) => {
                notes.push(format!("the table has no column '{}' yet; the next load adds it", column.name))
            }
            Ok(field) => {
                let known = contract_type(field.data_type());
                let (known, stated) = (known.word(), column.data_type.word());
                // No type of Delta holds a time of day.
                if known != stated && stated != "time" {
                    notes.push(format!(
                        "the column '{}' is {known} in the table, and {stated} in the contract",
                        column.name
                    ));
                }
            }
        }
    }
    Ok(notes)
}

/// One line for each feed, and below it what does not fit.
pub fn fit_table(fits: &[Fit]) -> report::Table {
    let mut rows = Vec::new();
    for fit in fits {
        let mut notes = fit.notes.iter().cloned();
        let first = notes.next().unwrap_or_else(|| "fits".to_owned());
        let numbers = [fit.files as u64, fit.rows, fit.rejected].map(|number| number.to_string());
        rows.push([vec![fit.feed.clone()], numbers.to_vec(), vec![first]].concat());
        rows.extend(notes.map(|note| [vec![String::new(); 4], vec![note]].concat()));
    }
    text_table("files and tables", &["feed", "files", "rows", "rejected", "does not fit"], rows)
}

/// The same for programs. Fields may be added; existing fields are stable.
pub fn fit_json(fits: &[Fit]) -> Value {
    let of = |fit: &Fit| {
        json!({
            "feed": fit.feed, "files": fit.files, "rows": fit.rows, "rejected": fit.rejected,
            "fits": fit.is_whole, "notes": fit.notes,
        })
    };
    fits.iter().map(of).collect()
}
