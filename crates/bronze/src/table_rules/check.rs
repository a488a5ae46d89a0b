//! Compares what was measured with what the contract demands.

use super::measures::{counted_rows, duplicate_keys, filled_in};
use super::next_table::NextTable;
use ingot_contract::{Contract, Measure, Severity, TableRule};
use ingot_core::error::{Error, Kind, Result};
use ingot_core::report::{counted, noun};
use ingot_engine::{Cell, name_literal};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Files that a message names.
const NAMED_FILES: usize = 3;

/// What a rule measured.
#[derive(Debug, Clone)]
pub struct RuleResult {
    pub rule: String,
    /// The standard's dimension of data quality, if the contract gives one.
    pub dimension: Option<String>,
    pub severity: Severity,
    /// The measured value; `None` if the query of the rule failed.
    pub value: Option<String>,
    pub holds: bool,
    /// What is wrong, for a person; empty if the rule holds.
    pub message: String,
}

/// All rules of a table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found(pub(crate) Vec<RuleResult>);

impl RuleResult {
    pub(crate) fn json(&self) -> Value {
        json!({
            "rule": self.rule, "dimension": self.dimension, "holds": self.holds, "value": self.value,
            "severity": self.severity.word(), "message": self.message,
        })
    }
}

impl Found {
    /// The messages of the rules of a severity that do not hold.
    pub(crate) fn broken(&self, severity: Severity) -> Vec<&str> {
        let is_broken = |result: &&RuleResult| !result.holds && result.severity == severity;
        self.0.iter().filter(is_broken).map(|result| result.message.as_str()).collect()
    }

    /// # Errors
    /// A rule of severity `error` does not hold: nothing of the table is to be loaded.
    pub(crate) fn refuse(&self) -> Result<()> {
        let broken = self.broken(Severity::Error);
        if broken.is_empty() {
            return Ok(());
        }
        Err(Error::new(format!(
            "TABLE_RULE: {}; nothing of it was loaded",
            broken.join("; ")
        ))
        .of_kind(Kind::Data)
        .hint(
            "correct the files or the rule; a rule with `severity: warning` is reported, and the files are loaded",
        ))
    }
}

/// Measures the contract's rules on the table that `files` would be. `delivered` are the raw files of this load.
///
/// # Errors
/// The files cannot be read. A query of a rule that fails is a rule that does not hold.
pub(crate) fn check_table_rules(contract: &Contract, files: &[PathBuf], delivered: &[&str]) -> Result<Found> {
    let mut table = NextTable::open(contract, files)?;
    let counts = count(contract, &mut table)?;
    let mut results = Vec::with_capacity(contract.table_rules.len());
    for (rule, counted) in contract.table_rules.iter().zip(&counts.of_rules) {
        let measured = match (&rule.measure, counted) {
            (_, Some(counted)) => Ok(Measured::count(*counted, counts.rows, rule)),
            (Measure::Duplicates { columns }, None) => {
                duplicates(&mut table, columns).map(|counted| Measured::count(counted, counts.rows, rule))
            }
            (Measure::Sql { query, column }, None) => value_of(&mut table, query, column.as_deref()),
            _ => Err(Error::new("such values cannot be counted in a table")),
        };
        results.push(match measured {
            Ok(measured) => result(contract, rule, measured, &mut table, delivered)?,
            Err(error) => RuleResult {
                value: None,
                holds: false,
                message: format!("the rule '{}' could not be measured: {}", rule.name, error.message()),
                ..blank(rule)
            },
        });
    }
    Ok(Found(results))
}

/// Counts of all rules that count rows, in one pass over the table.
struct Counts {
    rows: u64,
    of_rules: Vec<Option<u64>>,
}

fn count(contract: &Contract, table: &mut NextTable) -> Result<Counts> {
    let conditions: Vec<Option<String>> =
        contract.table_rules.iter().map(|rule| counted_rows(contract, &rule.measure)).collect();
    let mut selected = vec!["count(*)".to_owned()];
    selected
        .extend(conditions.iter().flatten().map(|condition| format!("count(*) FILTER (WHERE {condition})")));
    let answer = table.query(&format!("SELECT {} FROM {}", selected.join(", "), table.name))?;
    let mut numbers = answer.rows.first().into_iter().flatten().map(as_count);
    let rows = numbers.next().unwrap_or_default();
    let of_rules =
        conditions.iter().map(|condition| condition.as_ref().and_then(|_| numbers.next())).collect();
    Ok(Counts { rows, of_rules })
}

fn as_count(cell: &Cell) -> u64 {
    cell.as_i64().and_then(|count| u64::try_from(count).ok()).unwrap_or_default()
}

fn duplicates(table: &mut NextTable, columns: &[String]) -> Result<u64> {
    let keys = duplicate_keys(&table.name, columns);
    let answer = table.query(&format!("SELECT count(*) FROM ({keys})"))?;
    Ok(answer.first().map(as_count).unwrap_or_default())
}

fn value_of(table: &mut NextTable, query: &str, column: Option<&str>) -> Result<Measured> {
    let answer = table.query(&filled_in(query, &table.name, column))?;
    match answer.rows.as_slice() {
        [row] if row.len() == 1 && !row[0].is_null() => {
            let text = row[0].to_string();
            Ok(Measured { shown: text.clone(), value: text })
        }
        rows => Err(Error::new(format!(
            "the query gives {} rows of {} columns, not one value",
            rows.len(),
            answer.columns.len()
        ))),
    }
}

struct Measured {
    /// What is compared.
    value: String,
    /// With its unit.
    shown: String,
}

impl Measured {
    fn count(count: u64, rows: u64, rule: &TableRule) -> Self {
        let unit = if matches!(rule.measure, Measure::Duplicates { .. }) { "value" } else { "row" };
        if !rule.in_percent {
            return Self { value: count.to_string(), shown: format!("{count} {}", noun(count, unit)) };
        }
        let percent = if rows == 0 { 0.0 } else { count as f64 * 100.0 / rows as f64 };
        let unit = noun(rows, "row");
        Self { value: percent.to_string(), shown: format!("{percent:.2} % ({count} of {rows} {unit})") }
    }
}

fn blank(rule: &TableRule) -> RuleResult {
    RuleResult {
        rule: rule.name.clone(),
        dimension: rule.dimension.clone(),
        severity: rule.severity,
        value: None,
        holds: true,
        message: String::new(),
    }
}

fn result(
    contract: &Contract,
    rule: &TableRule,
    measured: Measured,
    table: &mut NextTable,
    delivered: &[&str],
) -> Result<RuleResult> {
    let holds = rule.conditions.iter().all(|condition| condition.holds(&measured.value));
    let mut message = String::new();
    if !holds {
        let wanted: Vec<String> = rule.conditions.iter().map(ToString::to_string).collect();
        let unit = if rule.in_percent { " %" } else { "" };
        let about =
            if rule.description.is_empty() { String::new() } else { format!(" ({})", rule.description) };
        message = format!(
            "the rule '{}'{about} measured {} and demands {}{unit}, {}",
            rule.name,
            measured.shown,
            wanted.join(" and "),
            where_from(contract, rule, table, delivered)?
        );
    }
    Ok(RuleResult { value: Some(measured.value), holds, message, ..blank(rule) })
}

/// The raw files with the rows that were counted; those that were delivered, where rows were not counted one by one.
fn where_from(
    contract: &Contract,
    rule: &TableRule,
    table: &mut NextTable,
    delivered: &[&str],
) -> Result<String> {
    let condition = match &rule.measure {
        Measure::Rows | Measure::Sql { .. } => None,
        Measure::Duplicates { columns } => {
            let names: Vec<String> = columns.iter().map(|column| name_literal(column)).collect();
            Some(format!("({}) IN ({})", names.join(", "), duplicate_keys(&table.name, columns)))
        }
        Measure::Missing { .. } | Measure::Invalid { .. } => counted_rows(contract, &rule.measure),
    };
    let Some(condition) = condition else {
        let names = delivered.iter().take(NAMED_FILES).copied().collect();
        return Ok(listed("with", names, delivered.len()));
    };
    let answer = table.query(&format!(
        "SELECT src_filename, count(*) FROM {} WHERE {condition} GROUP BY ALL ORDER BY 2 DESC, 1",
        table.name
    ))?;
    let named: Vec<String> = answer
        .rows
        .iter()
        .take(NAMED_FILES)
        .map(|row| format!("{} ({})", row[0], counted(as_count(&row[1]), "row")))
        .collect();
    Ok(listed("in", named.iter().map(String::as_str).collect(), answer.rows.len()))
}

fn listed(word: &str, names: Vec<&str>, all: usize) -> String {
    match all - names.len() {
        _ if all == 0 => "in a table without rows".to_owned(),
        0 => format!("{word} {}", names.join(", ")),
        more => format!("{word} {} and {}", names.join(", "), counted(more as u64, "more file")),
    }
}
