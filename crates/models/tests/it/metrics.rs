//! Metrics, computed. `tests/oracle/metrics.py` asks MetricFlow the same questions of the same project.

use crate::case::{Case, all_well};
use ingot_models::{MetricQuery, Verb};
use serde_json::Value as Json;
use std::path::Path;

/// The project of tests/it/cases/semantic_layer, built.
fn shop() -> Case {
    let case = Case::new(&[]);
    case.lay(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/cases/semantic_layer")));
    case.write(
        "profiles.yml",
        "case:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb}\n",
    );
    all_well(&case, &case.go(Verb::Build));
    case
}

fn texts(words: &str) -> Vec<String> {
    words.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn ask(case: &Case, query: MetricQuery) -> ingot_core::error::Result<Json> {
    let mut options = case.options(Verb::Metrics);
    (options.metric_query, options.json) = (Some(query), true);
    let shown = case.with(options)?.output.join("\n");
    Ok(serde_json::from_str::<Json>(&shown).unwrap()["show"].clone())
}

fn simple(case: &Case, metrics: &str, group_by: &str, filter: &str, order_by: &str) -> Json {
    let query = MetricQuery {
        metrics: texts(metrics),
        group_by: texts(group_by),
        filters: Some(filter.to_owned()).filter(|filter| !filter.is_empty()).into_iter().collect(),
        order_by: texts(order_by),
        ..MetricQuery::default()
    };
    ask(case, query).unwrap()
}

#[test]
fn metrics_are_listed_and_computed() {
    let case = shop();
    let listed = case.with(case.options(Verb::Metrics)).unwrap().output;
    assert!(
        listed.iter().any(|line| line.starts_with("web_share ") && line.ends_with("Web share")),
        "{listed:?}"
    );
    let rows = simple(&case, "revenue buyers web_share", "customer__region", "", "-revenue");
    assert_eq!(rows[0]["customer__region"], "north");
    assert_eq!((&rows[0]["revenue"], &rows[0]["buyers"]), (&17.5.into(), &2.into()));
    assert_eq!(rows[1]["web_share"].as_f64().unwrap(), 2.0 / 11.0);
    let all = simple(&case, "revenue_per_order", "", "", "");
    assert_eq!(all[0]["revenue_per_order"].as_f64().unwrap(), 28.5 / 6.0);
}

#[test]
fn filters_name_dimensions_entities_and_metrics() {
    let case = shop();
    let web = simple(&case, "revenue", "", "{{ Dimension('order__channel') }} = 'web'", "");
    assert_eq!(web[0]["revenue"], 12.0);
    let north = simple(
        &case,
        "revenue",
        "",
        "{{ Dimension('customer__region') }} = 'north' and {{ TimeDimension('metric_time', 'month') }} >= '2024-02-01'",
        "",
    );
    assert_eq!(north[0]["revenue"], 5.0);
    let rich = simple(
        &case,
        "revenue",
        "customer",
        "{{ Metric('revenue', group_by=['customer']) }} > 10",
        "customer",
    );
    assert_eq!(rich.as_array().unwrap().len(), 2);
}

#[test]
fn periods_go_back_and_add_up() {
    let case = shop();
    let rows = simple(
        &case,
        "revenue revenue_growth revenue_to_date",
        "metric_time__month",
        "",
        "metric_time__month",
    );
    let column = |name: &str| -> Vec<Option<f64>> {
        rows.as_array().unwrap().iter().map(|row| row[name].as_f64()).collect()
    };
    // Months from January to April; the time spine ends in April.
    assert_eq!(column("revenue"), [Some(14.5), Some(13.0), Some(1.0), None]);
    assert_eq!(column("revenue_growth"), [None, Some(-1.5), Some(-12.0), None]);
    // The first day of the month stands for it.
    assert_eq!(column("revenue_to_date"), [Some(5.0), Some(14.5), Some(27.5), Some(28.5)]);
    let seven = simple(
        &case,
        "revenue_7d",
        "metric_time__day",
        "{{ TimeDimension('metric_time', 'day') }} = '2024-01-08'",
        "",
    );
    assert_eq!(seven[0]["revenue_7d"], 9.5);
}

#[test]
fn visits_that_lead_to_orders_are_counted() {
    let case = shop();
    let rows = simple(&case, "visit_to_order", "metric_time__month", "", "metric_time__month");
    let rates: Vec<f64> =
        rows.as_array().unwrap().iter().map(|row| row["visit_to_order"].as_f64().unwrap()).collect();
    assert_eq!(rates, [1.0, 0.5]);
}

#[test]
fn saved_queries_are_asked_by_name_and_slips_are_told() {
    let case = shop();
    let rows =
        ask(&case, MetricQuery { saved_query: Some("by_channel".to_owned()), ..MetricQuery::default() })
            .unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 5);
    for (metrics, group_by, hint) in [
        ("revenu", "", "did you mean 'revenue'?"),
        ("revenue", "customer__regio", "did you mean 'customer__region'?"),
        ("revenue_growth", "order__channel", "group by metric_time"),
        ("revenue", "metric_time__hour", "ask for metric_time__day"),
    ] {
        let query =
            MetricQuery { metrics: texts(metrics), group_by: texts(group_by), ..MetricQuery::default() };
        let error = ask(&case, query).unwrap_err();
        assert_eq!(error.hint_text(), Some(hint), "{error}");
    }
}
