//! What the contracts say: the feeds they describe, what is checked of them and what is not.

use crate::text_table::text_table;
use ingot_contract::standard::check;
use ingot_contract::{Described, contract_files};
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::report;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The contracts that were read.
#[derive(Debug)]
pub struct ContractStatus {
    feeds: Vec<Described>,
    /// Files that are not valid contracts, and where.
    pub errors: Vec<Error>,
}

/// Reads these contracts, or all of the folder `schemas` if none is named, and checks them against the standard's schema.
///
/// # Errors
/// The folder cannot be read, or has no contract. What is not valid is among [`ContractStatus::errors`].
pub fn contracts(schemas: &Path, files: &[PathBuf]) -> Result<ContractStatus> {
    let all = if files.is_empty() { contract_files(schemas)? } else { files.to_vec() };
    let mut status = ContractStatus { feeds: Vec::new(), errors: Vec::new() };
    for file in &all {
        let text = std::fs::read_to_string(file).or_cannot_at("read the contract", file);
        match text.and_then(|text| check(&text, file)) {
            Ok(checked) => {
                status.errors.extend(checked.faults);
                checked.feeds.into_iter().for_each(|feed| status.add(feed));
            }
            Err(error) => status.errors.push(error),
        }
    }
    Ok(status)
}

fn file_name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

impl ContractStatus {
    fn add(&mut self, feed: Described) {
        if let Some(other) = self.feeds.iter().find(|other| other.name == feed.name) {
            self.errors.push(feed.also_in(other));
        }
        self.feeds.push(feed);
    }

    /// One line for each feed, and below it what is not checked or cannot be loaded.
    pub fn table(&self) -> report::Table {
        let mut rows = Vec::new();
        for feed in &self.feeds {
            let (raw, why) = match &feed.contract {
                Ok(contract) => (contract.raw.path.clone(), None),
                Err(why) => ("none".to_owned(), Some(why.message().to_owned())),
            };
            let mut notes = why.into_iter().chain(feed.notes.iter().cloned());
            let first = notes.next().unwrap_or_default();
            rows.push(vec![
                feed.name.clone(),
                file_name(&feed.file),
                feed.columns.len().to_string(),
                feed.rules().to_string(),
                raw,
                first,
            ]);
            rows.extend(notes.map(|note| [vec![String::new(); 5], vec![note]].concat()));
        }
        text_table(
            "contracts",
            &["feed", "contract", "columns", "rules", "raw files", "not checked, or note"],
            rows,
        )
    }

    /// The same for programs. Fields may be added; existing fields are stable.
    pub fn json(&self) -> Value {
        let feeds: Vec<Value> = self.feeds.iter().map(feed_json).collect();
        let errors: Vec<Value> = self
            .errors
            .iter()
            .map(|error| {
                let place = error.place();
                json!({
                    "message": error.message(),
                    "file": place.map(|place| place.file.display().to_string()),
                    "line": place.and_then(|place| place.line),
                    "column": place.and_then(|place| place.column),
                })
            })
            .collect();
        json!({ "feeds": feeds, "errors": errors })
    }
}

fn feed_json(feed: &Described) -> Value {
    let mut rules = Vec::new();
    if let Ok(contract) = &feed.contract {
        for column in &contract.columns {
            rules.extend(column.rules.iter().map(|rule| {
                json!({
                    "rule": rule.code, "column": column.name, "of": "row", "dimension": rule.dimension,
                    "severity": rule.severity.word(), "description": rule.description,
                })
            }));
        }
        rules.extend(contract.table_rules.iter().map(|rule| {
            json!({
                "rule": rule.name, "column": null, "of": "table", "dimension": rule.dimension,
                "severity": rule.severity.word(), "description": rule.description,
            })
        }));
    }
    json!({
        "feed": feed.name, "contract": feed.file.display().to_string(), "columns": feed.columns.len(),
        "raw_files": feed.contract.as_ref().ok().map(|contract| contract.raw.path.clone()),
        "not_loadable": feed.contract.as_ref().err().map(|why| why.message().to_owned()),
        "rules": rules, "notes": feed.notes,
    })
}
