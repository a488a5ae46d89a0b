//! How tables stand, and how that has changed.
//!
//! The newest measure of a check is that of the newest run which measured its table by the same command: a check that a
//! later such run did not make any more does not count. A table's score is the mean of the pass rates of its newest
//! measures, times 100; a table stands as its worst check does.

use super::measure::{Standing, Thresholds};
use super::plot;
use super::record::folder;
use crate::history_file;
use crate::relation::{Reader, path_literal};
use ingot_core::error::{Error, Kind, Result};
use ingot_core::report::{Table, noun};
use ingot_engine::{Cell, Rows, text_literal};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct QualityQuery {
    /// This table only, with all its checks.
    pub table: Option<String>,
    /// Only what was measured on this day (UTC) or later.
    pub since: Option<Date>,
    pub thresholds: Thresholds,
}

/// How a table stands.
#[derive(Debug, Clone, PartialEq)]
struct TableQuality {
    table: String,
    /// From 0 to 100.
    score: f64,
    standing: Standing,
    checks: usize,
    /// The worst check and its pass rate.
    worst: String,
    /// The scores of the days, the oldest first.
    days: Vec<(String, f64)>,
}

/// A check as it was measured last.
#[derive(Debug, Clone, PartialEq)]
struct CheckQuality {
    table: String,
    check: String,
    column: String,
    kind: String,
    rows: Option<i128>,
    failures: Option<i128>,
    pass_rate: f64,
    standing: Standing,
    days: Vec<(String, f64)>,
}

/// How tables stand.
#[derive(Debug, Clone)]
pub struct Quality {
    tables: Vec<TableQuality>,
    checks: Vec<CheckQuality>,
    /// By kind of check: the share of rows (or hours) that failed, of each day.
    trends: Vec<(String, Vec<(String, f64)>)>,
    /// Whether one table was asked for.
    is_of_one: bool,
    thresholds: Thresholds,
}

/// Looks at what was measured.
///
/// # Errors
/// Nothing was measured yet, nothing since that day, or there is no such table.
pub fn quality(lake: &Path, query: &QualityQuery) -> Result<Quality> {
    let folder = folder(lake);
    if !history_file::is_there(&folder) {
        return Err(Error::new("the quality of no table was measured yet")
            .of_kind(Kind::NotFound { what: "history", name: "quality".to_owned() })
            .at(&folder)
            .hint("run `ingot load-bronze` or `ingot run-models`, which measure it"));
    }
    let mut reader = Reader::new()?;
    let all = path_literal(&folder.join("*.parquet"));
    let since = query.since.map_or_else(String::new, |day| format!(" where check_date >= date '{day}'"));
    reader.session.execute(&format!(
        "create table data_quality_metrics as from read_parquet({all}, union_by_name = true){since}"
    ))?;
    let tables = texts(
        &reader.session.query("select distinct table_name from data_quality_metrics order by table_name")?,
    );
    if tables.is_empty() {
        return Err(Error::new("nothing was measured since that day").at(&folder));
    }
    if let Some(wanted) = &query.table {
        let known = tables.iter().map(String::as_str);
        let ends = |table: &&String| *table == wanted || table.rsplit('.').next() == Some(wanted);
        let found: Vec<&String> = tables.iter().filter(ends).collect();
        match found.as_slice() {
            [] => {
                return Err(Error::new(format!("nothing was measured of a table '{wanted}'"))
                    .of_kind(Kind::NotFound { what: "table", name: wanted.clone() })
                    .did_you_mean(wanted, known));
            }
            several => {
                let names: Vec<String> = several.iter().map(|table| text_literal(table)).collect();
                reader.session.execute(&format!(
                    "delete from data_quality_metrics where table_name not in ({})",
                    names.join(", ")
                ))?;
            }
        }
    }
    Found { reader, thresholds: query.thresholds }.quality(query.table.is_some())
}

struct Found {
    reader: Reader,
    thresholds: Thresholds,
}

impl Found {
    fn quality(mut self, is_of_one: bool) -> Result<Quality> {
        // Of each day, what its newest run of each command measured of a table.
        self.reader.session.execute(
            "create table of_days as from data_quality_metrics
             qualify run = first_value(run) over (partition by table_name, command, check_date order by measured_at desc, run desc);
             create table newest as from data_quality_metrics
             qualify run = first_value(run) over (partition by table_name, command order by measured_at desc, run desc)",
        )?;
        let of_tables = self.days("table_name", "100 * avg(pass_rate)")?;
        let of_checks = self.days("concat_ws('|', table_name, check_name, column_name)", "avg(pass_rate)")?;
        let of_kinds = self.days("kind", "100 * (1 - avg(pass_rate))")?;
        let checks = self.checks(&of_checks)?;
        let tables = self.tables(&checks, &of_tables);
        Ok(Quality {
            tables,
            checks,
            trends: of_kinds.into_iter().collect(),
            is_of_one,
            thresholds: self.thresholds,
        })
    }

    /// By group, what the expression gives of each day.
    fn days(&mut self, group: &str, value: &str) -> Result<BTreeMap<String, Vec<(String, f64)>>> {
        let rows = self.reader.session.query(&format!(
            "select {group}, check_date::varchar, ({value})::double from of_days group by 1, 2 order by 1, 2"
        ))?;
        let mut found: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
        for row in rows.rows {
            if let [group, day, value] = row.as_slice() {
                found.entry(group.to_string()).or_default().push((day.to_string(), number(value)));
            }
        }
        Ok(found)
    }

    fn checks(&mut self, days: &BTreeMap<String, Vec<(String, f64)>>) -> Result<Vec<CheckQuality>> {
        let rows = self.reader.session.query(
            "select table_name, check_name, column_name, kind, rows_checked, rows_failed, pass_rate,
                    concat_ws('|', table_name, check_name, column_name)
             from newest order by pass_rate, table_name, check_name, column_name",
        )?;
        let check = |row: &Vec<Cell>| {
            let [table, check, column, kind, rows, failures, rate, key] = row.as_slice() else { return None };
            let whole = |cell: &Cell| match cell {
                Cell::Int(value) => Some(*value),
                _ => None,
            };
            let column = if *column == Cell::Null { String::new() } else { column.to_string() };
            Some(CheckQuality {
                table: table.to_string(),
                check: check.to_string(),
                column,
                kind: kind.to_string(),
                rows: whole(rows),
                failures: whole(failures),
                pass_rate: number(rate),
                standing: self.thresholds.standing(number(rate)),
                days: days.get(&key.to_string()).cloned().unwrap_or_default(),
            })
        };
        Ok(rows.rows.iter().filter_map(check).collect())
    }

    fn tables(
        &self,
        checks: &[CheckQuality],
        days: &BTreeMap<String, Vec<(String, f64)>>,
    ) -> Vec<TableQuality> {
        let mut by_table: BTreeMap<&str, Vec<&CheckQuality>> = BTreeMap::new();
        for check in checks {
            by_table.entry(&check.table).or_default().push(check);
        }
        let mut tables: Vec<TableQuality> = by_table
            .into_iter()
            .map(|(table, checks)| {
                let sum: f64 = checks.iter().map(|check| check.pass_rate).sum();
                let worst = checks.iter().min_by(|a, b| a.pass_rate.total_cmp(&b.pass_rate));
                TableQuality {
                    table: table.to_owned(),
                    score: 100.0 * sum / checks.len() as f64,
                    standing: checks.iter().map(|check| check.standing).max().unwrap_or(Standing::Ok),
                    checks: checks.len(),
                    worst: worst.filter(|check| check.pass_rate < 1.0).map_or_else(String::new, |check| {
                        format!("{} {}", check.name(), percent(check.pass_rate))
                    }),
                    days: days.get(table).cloned().unwrap_or_default(),
                }
            })
            .collect();
        // The worst first.
        tables.sort_by(|a, b| {
            b.standing.cmp(&a.standing).then(a.score.total_cmp(&b.score)).then(a.table.cmp(&b.table))
        });
        tables
    }
}

impl CheckQuality {
    fn name(&self) -> String {
        match self.column.as_str() {
            "" => self.check.clone(),
            column if self.check.contains(column) => self.check.clone(),
            column => format!("{} of {column}", self.check),
        }
    }
}

impl Quality {
    /// What wakes somebody: each check that is below the threshold, in words.
    pub fn alerts(&self) -> Vec<String> {
        let is_alert = |check: &&CheckQuality| check.standing == Standing::Alert;
        let alert = |check: &CheckQuality| {
            let counts = match (check.failures, check.rows) {
                (Some(failures), Some(rows)) => format!(
                    " ({failures} of {rows} {})",
                    noun(u64::try_from(rows).unwrap_or_default(), "row")
                ),
                (Some(failures), None) => {
                    format!(" ({failures} {})", noun(u64::try_from(failures).unwrap_or_default(), "row"))
                }
                _ => String::new(),
            };
            format!(
                "{} of {} passes {}{counts}, below {}",
                check.name(),
                check.table,
                percent(check.pass_rate),
                percent(self.thresholds.alert_below)
            )
        };
        self.checks.iter().filter(is_alert).map(alert).collect()
    }

    /// The table that was asked for, for people: its checks, its trends and a plot. Otherwise all tables.
    pub fn report(&self) -> (Vec<Table>, Option<String>) {
        let mut shown = vec![self.table_of_tables()];
        if self.is_of_one {
            shown.push(self.table_of_checks());
        }
        shown.push(self.table_of_trends());
        let plot = self.tables.first().filter(|_| self.is_of_one).map(|table| {
            let (days, scores): (Vec<String>, Vec<f64>) = table.days.iter().cloned().unzip();
            format!("score of {}\n{}", table.table, plot::scores(&days, &scores))
        });
        (shown, plot)
    }

    fn table_of_tables(&self) -> Table {
        let row = |table: &TableQuality| {
            vec![
                table.table.clone(),
                format!("{:.1}", table.score),
                table.standing.word().to_owned(),
                table.checks.to_string(),
                table.worst.clone(),
                line(&table.days),
            ]
        };
        Table {
            title: "quality".to_owned(),
            headers: headers(&["table", "score", "status", "checks", "worst check", "score by day"]),
            rows: self.tables.iter().map(row).collect(),
        }
    }

    fn table_of_checks(&self) -> Table {
        let count = |count: Option<i128>| count.map_or_else(String::new, |count| count.to_string());
        let row = |check: &CheckQuality| {
            let rates: Vec<(String, f64)> =
                check.days.iter().map(|(day, rate)| (day.clone(), 100.0 * rate)).collect();
            vec![
                check.name(),
                check.kind.clone(),
                count(check.rows),
                count(check.failures),
                percent(check.pass_rate),
                check.standing.word().to_owned(),
                line(&rates),
            ]
        };
        Table {
            title: "checks".to_owned(),
            headers: headers(&["check", "kind", "rows", "failed", "pass rate", "status", "by day"]),
            rows: self.checks.iter().map(row).collect(),
        }
    }

    fn table_of_trends(&self) -> Table {
        let row = |(kind, days): &(String, Vec<(String, f64)>)| {
            let rates: Vec<f64> = days.iter().map(|(_, rate)| *rate).collect();
            let highest = rates.iter().copied().fold(0.0, f64::max);
            let newest = rates.last().copied().unwrap_or_default();
            let before = rates.iter().rev().nth(1).copied();
            let change = before.map_or_else(String::new, |before| format!("{:+.3}", newest - before));
            let drawn = plot::bars(&rates, 0.0, highest.max(0.001));
            vec![kind.clone(), format!("{newest:.3} %"), change, format!("{highest:.3} %"), drawn]
        };
        Table {
            title: "share that fails, by kind of check".to_owned(),
            headers: headers(&["kind", "newest day", "change", "highest", "by day"]),
            rows: self.trends.iter().map(row).collect(),
        }
    }

    pub fn json(&self) -> Value {
        let days = |days: &[(String, f64)], name: &str| -> Vec<Value> {
            days.iter().map(|(day, value)| json!({ "date": day, name: value })).collect()
        };
        let tables: Vec<Value> = self
            .tables
            .iter()
            .map(|table| {
                json!({
                    "table": table.table, "score": table.score, "status": table.standing.word(),
                    "checks": table.checks, "days": days(&table.days, "score"),
                })
            })
            .collect();
        let count = |count: Option<i128>| count.and_then(|count| i64::try_from(count).ok());
        let checks: Vec<Value> = self
            .checks
            .iter()
            .map(|check| {
                json!({
                    "table": check.table, "check": check.check, "kind": check.kind,
                    "column": Some(&check.column).filter(|column| !column.is_empty()),
                    "rows": count(check.rows), "failures": count(check.failures), "pass_rate": check.pass_rate,
                    "status": check.standing.word(), "days": days(&check.days, "pass_rate"),
                })
            })
            .collect();
        let trends: Vec<Value> = self
            .trends
            .iter()
            .map(|(kind, of)| json!({ "kind": kind, "days": days(of, "percent_failed") }))
            .collect();
        json!({ "alerts": self.alerts(), "tables": tables, "checks": checks, "trends": trends })
    }
}

/// Scores or rates from 0 to 100 as bars. Good values are near each other, so the scale begins at 90 if it can.
fn line(days: &[(String, f64)]) -> String {
    let values: Vec<f64> = days.iter().map(|(_, value)| *value).collect();
    let least = values.iter().copied().fold(100.0, f64::min);
    plot::bars(&values, least.min(90.0), 100.0)
}

fn headers(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Rounded down, so that only what is complete is 100 %.
fn percent(rate: f64) -> String {
    format!("{:.2} %", (rate * 10_000.0 + 1e-6).floor() / 100.0)
}

fn number(cell: &Cell) -> f64 {
    match cell {
        Cell::Float(value) => *value,
        other => other.to_string().parse().unwrap_or_default(),
    }
}

fn texts(rows: &Rows) -> Vec<String> {
    rows.rows.iter().filter_map(|row| row.first()).map(ToString::to_string).collect()
}
