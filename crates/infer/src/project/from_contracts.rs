//! Sources and staging models from contracts: for a new project, and again after a contract has changed.

use super::generated::{GeneratedFile, write};
use super::staging::{source, staging_model, staging_tests};
use crate::names::{plain_name, staging_name};
use ingot_contract::Contract;
use ingot_core::error::{Error, Result};
use std::path::Path;

/// What is written for a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The table as a source of dbt.
    Sources,
    /// The staging model and its tests.
    Staging,
}

/// Writes the files of these tables (all if none is named) into `models/staging` of the project at `root`. Files that somebody has
/// edited are kept.
///
/// # Errors
/// No contract describes a table, or a file cannot be read or written.
pub fn write_from_contracts(
    root: &Path,
    contracts: &[Contract],
    tables: &[String],
    kind: Kind,
) -> Result<Vec<GeneratedFile>> {
    let known: Vec<&str> = contracts.iter().map(|contract| contract.name.as_str()).collect();
    for table in tables {
        if !known.contains(&table.as_str()) {
            return Err(Error::new(format!("no contract describes the table '{table}'"))
                .did_you_mean(table, known.iter().copied())
                .hint("run `ingot contract check` to see which there are, or `ingot contract infer PATH` to write one for your files"));
        }
    }
    let mut written = Vec::new();
    for contract in contracts.iter().filter(|one| tables.is_empty() || tables.contains(&one.name)) {
        for (relative, text) in texts(contract, &known, kind) {
            written.push(write(root, &relative, &text)?);
        }
    }
    Ok(written)
}

/// The files of a contract: path in the project, and text.
fn texts(contract: &Contract, known: &[&str], kind: Kind) -> Vec<(String, String)> {
    let (table, model) = (plain_name(&contract.name), staging_name(&contract.name));
    match kind {
        Kind::Sources => vec![(format!("models/staging/src_{table}.yml"), source(contract))],
        Kind::Staging => vec![
            (format!("models/staging/{model}.sql"), staging_model(contract)),
            (format!("models/staging/{model}.yml"), staging_tests(contract, known)),
        ],
    }
}
