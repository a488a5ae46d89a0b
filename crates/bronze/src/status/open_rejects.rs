//! Lists open rejects, from their Parquet files.

use crate::feeds::chosen_contracts;
use crate::options::LoadOptions;
use crate::rejects::{KeptReject, read_rejects, reject_keys, reject_paths};
use crate::row::Reason;
use crate::text_table::{one_line, text_table};
use ingot_core::error::{Context as _, Result};
use ingot_core::report;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Which rejects are asked for.
#[derive(Debug, Clone, Default)]
pub struct RejectQuery {
    /// A code; all if `None`.
    pub reason: Option<String>,
    /// The most rows that are listed; all are counted.
    pub limit: Option<usize>,
}

/// One open reject.
#[derive(Debug, Clone)]
pub struct OpenReject {
    pub table: String,
    /// The name of its reject file, without the ending.
    pub key: String,
    pub file: String,
    pub row_number: u64,
    pub line: Option<u64>,
    pub byte_offset: Option<u64>,
    pub raw_text: String,
    pub contract_version: String,
    pub run_id: String,
    reasons: Vec<Reason>,
}

#[derive(Debug, Clone, Default)]
pub struct OpenRejects {
    /// The newest runs first.
    pub rows: Vec<OpenReject>,
    /// All that match the query, listed or not.
    pub total: u64,
    /// By table and code.
    pub counts: BTreeMap<(String, String), u64>,
}

/// The open rejects of the feeds in `options`.
///
/// # Errors
/// No contracts, an unknown feed, a reject file that cannot be read.
pub fn open_rejects(options: &LoadOptions, query: &RejectQuery) -> Result<OpenRejects> {
    let contracts = chosen_contracts(options)?;
    let mut found = OpenRejects::default();
    let most = query.limit.unwrap_or(usize::MAX);
    for contract in contracts {
        let mut keys = reject_keys(&options.lake, &contract.name)?;
        keys.reverse();
        for key in keys {
            let [_, parquet] = reject_paths(&options.lake, &contract.name, &key);
            read_rejects(&parquet, |kept| {
                let codes: std::collections::BTreeSet<&str> =
                    kept.reject.reasons.iter().map(|reason| reason.code.as_str()).collect();
                if let Some(wanted) = &query.reason
                    && !codes.contains(wanted.as_str())
                {
                    return Ok(());
                }
                for code in codes {
                    *found.counts.entry((contract.name.clone(), code.to_owned())).or_default() += 1;
                }
                found.total += 1;
                if found.rows.len() < most {
                    found.rows.push(OpenReject::of(kept, &key));
                }
                Ok(())
            })?;
        }
    }
    Ok(found)
}

impl OpenReject {
    fn of(kept: KeptReject, key: &str) -> Self {
        Self {
            table: kept.table,
            key: key.to_owned(),
            file: kept.reject.file,
            row_number: kept.reject.position.row,
            line: kept.reject.position.line,
            byte_offset: kept.reject.position.byte_offset,
            raw_text: kept.reject.raw,
            contract_version: kept.contract_version,
            run_id: kept.run_id,
            reasons: kept.reject.reasons,
        }
    }

    fn codes(&self) -> String {
        let codes: Vec<&str> = self.reasons.iter().map(|reason| reason.code.as_str()).collect();
        codes.join(";")
    }

    fn first(&self, of: impl Fn(&Reason) -> Option<String>) -> String {
        self.reasons.first().and_then(of).unwrap_or_default()
    }
}

impl OpenRejects {
    /// How many rows each reason rejects.
    pub fn counts_table(&self) -> report::Table {
        let rows = self
            .counts
            .iter()
            .map(|((table, code), rows)| vec![table.clone(), code.clone(), report::thousands(*rows)])
            .collect();
        text_table("open rejects by reason", &["table", "reason", "rows"], rows)
    }

    /// The rows that are listed.
    pub fn table(&self) -> report::Table {
        let rows = self
            .rows
            .iter()
            .map(|row| {
                vec![
                    row.table.clone(),
                    row.file.clone(),
                    row.row_number.to_string(),
                    row.codes(),
                    row.first(|reason| reason.column.clone()),
                    one_line(&row.first(|reason| reason.value.clone().or(Some(row.raw_text.clone())))),
                    one_line(&row.first(|reason| Some(reason.expected.clone()))),
                ]
            })
            .collect();
        let title = if self.rows.len() as u64 == self.total {
            "open rejects".to_owned()
        } else {
            format!("the first {} of {} open rejects", self.rows.len(), report::thousands(self.total))
        };
        text_table(&title, &["table", "file", "row", "reasons", "column", "value or row", "expected"], rows)
    }

    /// The same for programs. Fields may be added; existing fields are stable.
    pub fn json(&self) -> Value {
        let counts: Vec<Value> = self
            .counts
            .iter()
            .map(|((table, code), rows)| json!({"table": table, "code": code, "rows": rows}))
            .collect();
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                json!({
                    "table": row.table, "file": row.file, "row_number": row.row_number, "line": row.line,
                    "byte_offset": row.byte_offset, "reasons": row.reasons, "raw_text": row.raw_text,
                    "contract_version": row.contract_version, "run_id": row.run_id, "reject_file": row.key,
                })
            })
            .collect();
        json!({ "total": self.total, "counts": counts, "rejects": rows })
    }

    /// The rows that are listed, with a header.
    pub fn csv(&self) -> Result<String> {
        let task = "write CSV";
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer
            .write_record([
                "table_name",
                "file",
                "row_number",
                "line",
                "byte_offset",
                "reason_codes",
                "column_name",
                "value",
                "expected",
                "raw_text",
                "contract_version",
                "run_id",
            ])
            .or_cannot(task)?;
        let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
        for row in &self.rows {
            writer
                .write_record([
                    &row.table,
                    &row.file,
                    &row.row_number.to_string(),
                    &number(row.line),
                    &number(row.byte_offset),
                    &row.codes(),
                    &row.first(|reason| reason.column.clone()),
                    &row.first(|reason| reason.value.clone()),
                    &row.first(|reason| Some(reason.expected.clone())),
                    &row.raw_text,
                    &row.contract_version,
                    &row.run_id,
                ])
                .or_cannot(task)?;
        }
        let bytes = writer.into_inner().map_err(|error| error.into_error()).or_cannot(task)?;
        Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }
}
