//! Lists open rejects, from their Parquet files.

use crate::feeds::chosen_contracts;
use crate::options::LoadOptions;
use crate::rejects::{KeptReject, read_rejects, reject_keys, reject_paths};
use crate::row::Reason;
use crate::text_table::{one_line, text_table};
use ingot_contract::Contract;
use ingot_core::error::{Context as _, Error, Kind, Result, nearest};
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

/// The codes of docs/reference/reject-codes.md, in one text so that the test which compares that page with what the code gives does
/// not take this list for it.
const CODES: &str = "\
    NOT_A_NUMBER OUT_OF_RANGE TOO_PRECISE NOT_A_BOOLEAN NOT_A_DATE NOT_A_TIMESTAMP \
    TIMESTAMP_WITHOUT_OFFSET LOCAL_TIME_SKIPPED LOCAL_TIME_REPEATED NOT_A_TIME NOT_BASE64 NOT_A_LIST \
    NOT_AN_OBJECT MEMBER_UNKNOWN NOT_UTF8 REQUIRED_MISSING ERASED PARTITION_MISMATCH RAGGED_ROW \
    UNTERMINATED_QUOTE TEXT_AFTER_QUOTE HEADER_REPEATED LINE_TOO_LONG NOT_JSON NOT_A_JSON_OBJECT \
    MEMBER_TWICE COLUMN_UNKNOWN CELL_ERROR TOO_SHORT TOO_LONG PATTERN_MISMATCH FORMAT_MISMATCH \
    BELOW_MINIMUM ABOVE_MAXIMUM NOT_A_MULTIPLE NOT_IN_ENUM TOO_FEW_ITEMS TOO_MANY_ITEMS ITEM_TWICE \
    TOO_FEW_MEMBERS TOO_MANY_MEMBERS MEMBER_MISSING NULL_VALUES MISSING_VALUES INVALID_VALUES \
    NOT_ONE_ROW";

/// Whether the code is one that a row can be rejected for: ingot's own, or that of a rule of the contracts.
///
/// # Errors
/// It is not; the error names the nearest that is.
fn check_code(code: &str, contracts: &[Contract]) -> Result<()> {
    let columns = contracts.iter().flat_map(|contract| &contract.columns);
    let rules: Vec<&str> = columns.flat_map(|column| &column.rules).map(|rule| rule.code.as_str()).collect();
    let codes = || CODES.split(' ').chain(rules.iter().copied());
    if codes().any(|known| known == code) {
        return Ok(());
    }
    let error = Error::new(format!("there is no reason code '{code}'"))
        .of_kind(Kind::NotFound { what: "reason code", name: code.to_owned() });
    Err(match nearest(&code.to_uppercase(), codes()) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error.hint("see the codes in docs/reference/reject-codes.md"),
    })
}

/// The open rejects of the feeds in `options`.
///
/// # Errors
/// No contracts, an unknown feed or reason, a reject file that cannot be read.
pub fn open_rejects(options: &LoadOptions, query: &RejectQuery) -> Result<OpenRejects> {
    let contracts = chosen_contracts(options)?;
    let mut found = OpenRejects::default();
    let most = query.limit.unwrap_or(usize::MAX);
    for contract in &contracts {
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
    // A code that rejects have is known, even if another version of ingot gave it.
    if let (Some(code), 0) = (&query.reason, found.total) {
        check_code(code, &contracts)?;
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
