//! The quality of tables over time.

use ingot_operate::{CheckKind, Measure, QualityQuery, RunRecord, Standing, Thresholds, quality, record_run};
use jiff::Timestamp;
use serde_json::Value;
use std::path::Path;

fn record(lake: &Path, at: &str, command: &str, measures: Vec<Measure>) {
    let started: Timestamp = format!("2026-11-{at}Z").parse().unwrap();
    let run = RunRecord {
        command: command.to_owned(),
        arguments: Vec::new(),
        started,
        seconds: 1.0,
        result: "ok".to_owned(),
        error: None,
        parts: Vec::new(),
        measures,
        audit: None,
    };
    record_run(lake, &run).unwrap();
}

fn orphans(failures: u64) -> Measure {
    Measure::of_rows("gold.sales", "has_product", CheckKind::ForeignKey, Some(1_000), failures)
        .of_column(Some("product_id".to_owned()))
}

fn keys(failures: u64) -> Measure {
    Measure::of_rows("gold.sales", "unique_id", CheckKind::Unique, None, failures)
}

fn found(lake: &Path, query: &QualityQuery) -> Value {
    quality(lake, query).unwrap().json()
}

#[test]
fn the_newest_measures_tell_how_a_table_stands_and_earlier_ones_where_it_came_from() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path();
    let query = QualityQuery::default();
    assert!(quality(lake, &query).unwrap_err().message().starts_with("the quality of no table"));
    record(lake, "01T06:00:00", "run-models", vec![orphans(0), keys(0)]);
    // Of a day the newest run counts, and a check that it does not make any more is gone.
    record(lake, "02T06:00:00", "run-models", vec![orphans(900), keys(5)]);
    record(lake, "02T09:00:00", "run-models", vec![orphans(60), keys(0)]);
    record(lake, "03T06:00:00", "run-models", vec![orphans(20)]);
    record(lake, "03T07:00:00", "load-bronze", vec![Measure::of_age("bronze.sales", 48.0, 24.0)]);

    let all = found(lake, &query);
    let tables = all["tables"].as_array().unwrap();
    assert_eq!((&tables[0]["table"], &tables[0]["status"]), (&"bronze.sales".into(), &"ALERT".into()));
    assert_eq!((&tables[1]["table"], &tables[1]["status"]), (&"gold.sales".into(), &"WARNING".into()));
    assert_eq!(tables[1]["score"], 98.0);
    let scores: Vec<f64> =
        tables[1]["days"].as_array().unwrap().iter().map(|day| day["score"].as_f64().unwrap()).collect();
    assert_eq!(scores, [100.0, 97.0, 98.0]);
    let alerts = all["alerts"].as_array().unwrap();
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0], "fresh of bronze.sales passes 50.00 %, below 95.00 %");
    let trend = all["trends"].as_array().unwrap().iter().find(|one| one["kind"] == "foreign_key").unwrap();
    let shares: Vec<i64> = trend["days"]
        .as_array()
        .unwrap()
        .iter()
        .map(|day| (day["percent_failed"].as_f64().unwrap() * 10.0).round() as i64)
        .collect();
    assert_eq!(shares, [0, 60, 20]);
}

#[test]
fn a_table_a_day_and_other_thresholds_can_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path();
    record(lake, "01T06:00:00", "run-models", vec![orphans(0), keys(0)]);
    record(lake, "02T06:00:00", "run-models", vec![orphans(20), keys(0)]);
    record(lake, "02T07:00:00", "load-bronze", vec![Measure::of_age("bronze.sales", 1.0, 24.0)]);
    let one = QualityQuery { table: Some("gold.sales".to_owned()), ..QualityQuery::default() };
    assert_eq!(found(lake, &one)["tables"].as_array().unwrap().len(), 1);
    let both = QualityQuery { table: Some("sales".to_owned()), ..QualityQuery::default() };
    assert_eq!(found(lake, &both)["tables"].as_array().unwrap().len(), 2);
    let since = QualityQuery { since: Some("2026-11-02".parse().unwrap()), ..one.clone() };
    assert_eq!(found(lake, &since)["tables"][0]["days"].as_array().unwrap().len(), 1);
    let (tables, plot) = quality(lake, &one).unwrap().report();
    assert_eq!(tables.len(), 3);
    assert!(plot.unwrap().contains("2026-11-01 to 2026-11-02"));
    let strict = Thresholds { warn_below: 1.0, alert_below: 0.99 };
    let strict = QualityQuery { thresholds: strict, ..one };
    assert_eq!(
        found(lake, &strict)["alerts"][0],
        "has_product of product_id of gold.sales passes 98.00 % (20 of 1000 rows), below 99.00 %"
    );
    assert_eq!(strict.thresholds.standing(1.0), Standing::Ok);
    let missing = QualityQuery { table: Some("sails".to_owned()), ..QualityQuery::default() };
    assert!(quality(lake, &missing).unwrap_err().message().contains("'sails'"));
    let late = QualityQuery { since: Some("2027-01-01".parse().unwrap()), ..QualityQuery::default() };
    assert!(quality(lake, &late).is_err());
}
