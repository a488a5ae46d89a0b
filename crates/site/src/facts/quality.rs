//! Quality over time, as `ingot quality` gives it, drawn.

use super::history::tone;
use crate::show::line_chart;
use ingot_core::error::{Kind, Result};
use ingot_operate::{QualityQuery, quality};
use serde::Serialize;
use serde_json::Value as Json;
use std::path::Path;

/// How tables stand.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct QualityFacts {
    pub(crate) tables: Vec<TableQuality>,
    pub(crate) trends: Vec<Trend>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct TableQuality {
    pub(crate) table: String,
    /// Its page, if it has one.
    pub(crate) page: String,
    /// From 0 to 100.
    pub(crate) score: f64,
    pub(crate) status: String,
    pub(crate) tone: &'static str,
    /// SVG.
    pub(crate) chart: String,
    pub(crate) checks: Vec<CheckQuality>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct CheckQuality {
    pub(crate) check: String,
    pub(crate) column: String,
    pub(crate) kind: String,
    pub(crate) rows: Option<u64>,
    pub(crate) failures: Option<u64>,
    /// In percent.
    pub(crate) pass_rate: f64,
    pub(crate) status: String,
    pub(crate) tone: &'static str,
    pub(crate) chart: String,
}

/// The share that fails, of a kind of check.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Trend {
    pub(crate) kind: String,
    /// In percent.
    pub(crate) newest: f64,
    pub(crate) chart: String,
}

/// How tables stand; nothing where it was not measured yet. `page_of` gives the page of a table.
///
/// # Errors
/// The measures cannot be read.
pub(super) fn of(lake: &Path, page_of: &dyn Fn(&str) -> String) -> Result<QualityFacts> {
    let found = match quality(lake, &QualityQuery::default()) {
        Ok(found) => found.json(),
        Err(error) if matches!(error.kind(), Kind::NotFound { .. }) => return Ok(QualityFacts::default()),
        Err(error) => return Err(error),
    };
    let list = |value: &Json| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let days = |value: &Json, key: &str, factor: f64| -> Vec<(String, f64)> {
        let day = |one: &Json| Some((text(&one["date"]), one[key].as_f64()? * factor));
        list(&value["days"]).iter().filter_map(day).collect()
    };
    let checks = list(&found["checks"]);
    let tables = list(&found["tables"]);
    let tables = tables.iter().map(|table| {
        let name = text(&table["table"]);
        let own = checks.iter().filter(|check| check["table"] == table["table"]);
        let own = own.map(|check| CheckQuality {
            check: text(&check["check"]),
            column: text(&check["column"]),
            kind: text(&check["kind"]).replace('_', " "),
            rows: check["rows"].as_u64(),
            failures: check["failures"].as_u64(),
            pass_rate: check["pass_rate"].as_f64().unwrap_or_default() * 100.0,
            status: text(&check["status"]).to_lowercase(),
            tone: tone_of(&check["status"]),
            chart: line_chart(&days(check, "pass_rate", 100.0), 120, 28, None),
        });
        TableQuality {
            page: page_of(&name),
            score: table["score"].as_f64().unwrap_or_default(),
            status: text(&table["status"]).to_lowercase(),
            tone: tone_of(&table["status"]),
            chart: line_chart(&days(table, "score", 1.0), 300, 72, Some(&format!("score of {name} by day"))),
            checks: own.collect(),
            table: name,
        }
    });
    let tables = tables.collect();
    let trends = list(&found["trends"]);
    let trends = trends.iter().map(|trend| {
        let series = days(trend, "percent_failed", 1.0);
        let kind = text(&trend["kind"]).replace('_', " ");
        Trend {
            newest: series.last().map(|(_, value)| *value).unwrap_or_default(),
            chart: line_chart(&series, 300, 72, Some(&format!("share of {kind} that fails, by day"))),
            kind,
        }
    });
    Ok(QualityFacts { tables, trends: trends.collect() })
}

fn tone_of(status: &Json) -> &'static str {
    match status.as_str().unwrap_or_default().to_lowercase().as_str() {
        "alert" => "bad",
        other => tone(other),
    }
}
