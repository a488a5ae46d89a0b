//! Semantic models, metrics, saved queries and functions: what dbt refuses of them, and what is made of them.

use crate::case::{Case, all_well, status};
use ingot_engine::Cell;
use ingot_models::{Status, Verb};
use serde_json::Value as Json;

const ORDERS: &str = "select 1 as id, date '2024-01-01' as ordered_on, 5.0 as amount union all select 2, date '2024-02-01', 7.0";
const DAYS: &str = "select date '2024-01-01' as date_day";
const LAYER: &str = "models:
  - name: days
    time_spine: {standard_granularity_column: date_day}
    columns: [{name: date_day, granularity: day}]
semantic_models:
  - name: orders
    model: ref('orders')
    defaults: {agg_time_dimension: ordered_on}
    entities: [{name: order, type: primary, expr: id}]
    dimensions: [{name: ordered_on, type: TIME, type_params: {time_granularity: day}}]
    measures: [{name: revenue, agg: sum, expr: amount}, {name: orders_count, agg: count, expr: 1, create_metric: true}]
metrics:
  - {name: revenue, label: Revenue, type: simple, type_params: {measure: revenue}}
";

fn shop(layer: &str) -> Case {
    Case::new(&[("models/orders.sql", ORDERS), ("models/days.sql", DAYS), ("models/layer.yml", layer)])
}

fn refused(layer: &str) -> String {
    let case = shop(layer);
    let error = case.with(case.options(Verb::Parse)).unwrap_err();
    format!("{}\n{error}\n{}", case.said(), error.hint_text().unwrap_or_default())
}

#[test]
fn metrics_of_measures_and_metrics_of_metrics_are_in_the_graph() {
    let case = shop(&format!(
        "{LAYER}  - {{name: each, label: Each, type: ratio, type_params: {{numerator: revenue, denominator: orders_count}}}}\n"
    ));
    all_well(&case, &case.go(Verb::Parse));
    let file = case.folder.path().join("target/manifest.json");
    let manifest: Json = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let each = &manifest["metrics"]["metric.shop.each"];
    assert_eq!(
        each["depends_on"]["nodes"],
        serde_json::json!(["metric.shop.revenue", "metric.shop.orders_count"])
    );
    assert_eq!(each["type_params"]["input_measures"].as_array().unwrap().len(), 2);
    assert_eq!(manifest["metrics"]["metric.shop.orders_count"]["label"], "orders_count");
    let relation = &manifest["semantic_models"]["semantic_model.shop.orders"]["node_relation"];
    assert_eq!(relation["relation_name"], "\"shop\".\"main\".\"orders\"");
    assert!(case.folder.path().join("target/semantic_manifest.json").is_file());
    // Read back from what was kept, it is the same.
    let mut options = case.options(Verb::List);
    options.select = vec!["metric:each+ +metric:each".to_owned()];
    let listed = case.with(options).unwrap().output;
    let expected = [
        "metric:shop.each",
        "metric:shop.orders_count",
        "metric:shop.revenue",
        "shop.orders",
        "semantic_model:shop.orders",
    ];
    assert_eq!(listed, expected);
}

#[test]
fn what_dbt_refuses_is_refused() {
    let with = |more: &str| format!("{LAYER}{more}");
    let cases = [
        (
            with("  - {name: a b, label: X, type: simple, type_params: {measure: revenue}}\n"),
            "cannot contain spaces",
        ),
        (
            with("  - {name: x1, label: X, type: simple, type_params: {measure: nope}}\n"),
            "A semantic model having a measure `nope`",
        ),
        (
            with("  - {name: x1, label: X, type: derived, type_params: {expr: a, metrics: [nope]}}\n"),
            "The metric `nope` does not exist",
        ),
        (with("  - {name: x1, type: simple, type_params: {measure: revenue}}\n"), "has no `label:`"),
        (
            with("  - {name: x1, label: X, type: simpel, type_params: {measure: revenue}}\n"),
            "'simpel' is not one of simple, ratio",
        ),
        (
            with("  - {name: x1, label: X, type: simple, model: orders, type_params: {measure: revenue}}\n"),
            "`model:` is not a key that is known here",
        ),
        (
            with("  - {name: x1, label: Revenue, type: simple, type_params: {measure: revenue}}\n"),
            "Can't use label `Revenue`",
        ),
        (
            with(
                "  - {name: x1, label: X, type: cumulative, type_params: {measure: revenue, cumulative_type_params: {window: 7}}}\n",
            ),
            "window",
        ),
        (
            with(
                "  - {name: x1, label: X, type: cumulative, type_params: {measure: revenue, cumulative_type_params: {window: 7 dais}}}\n",
            ),
            "Invalid time granularity",
        ),
        (LAYER.replace("type: primary", "type: foreign"), "does not define a primary entity"),
        (LAYER.replace("agg: sum, expr: amount", "agg: count"), "requires an expr"),
        (
            LAYER.replace("name: revenue, agg", "name: day, agg"),
            "A semantic model having a measure `revenue`",
        ),
        (
            LAYER.replace("agg_time_dimension: ordered_on", "agg_time_dimension: order"),
            "doesn't exist as a time dimension",
        ),
        (
            LAYER.replace("ref('orders')", "ref('order')"),
            "depends on a node named 'order' which was not found",
        ),
        (
            LAYER.replace("time_spine: {standard_granularity_column: date_day}", "description: x"),
            "requires a time spine model",
        ),
        (LAYER.replace(", granularity: day}", "}"), "must have a granularity defined"),
        (
            format!("{LAYER}saved_queries:\n  - {{name: q1, query_params: {{metrics: [nope]}}}}\n"),
            "depends on a metric named 'nope' which was not found",
        ),
    ];
    for (layer, expected) in cases {
        let said = refused(&layer);
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn a_metric_of_a_switched_off_model_is_refused() {
    let said =
        refused(&LAYER.replace(
            "    model: ref('orders')\n",
            "    model: ref('orders')\n    config: {enabled: false}\n",
        ));
    assert!(
        said.contains("The measure `revenue` is referenced on disabled semantic model `orders`."),
        "{said}"
    );
}

#[test]
fn metrics_are_asked_for_in_templates() {
    let case = shop(LAYER);
    case.write(
        "models/uses.sql",
        "select '{{ metric('revenue') }}' as name, '{{ metric('revenue').label }}' as label",
    );
    all_well(&case, &case.go(Verb::Build));
    assert_eq!(
        case.query("select name, label from uses"),
        [[Cell::Text("revenue".into()), Cell::Text("Revenue".into())]]
    );
    case.write("models/uses.sql", "select '{{ metric('revenu') }}' as name");
    let error = case.with(case.options(Verb::Build)).unwrap_err();
    assert_eq!(error.hint_text(), Some("did you mean 'revenue'?"), "{error}");
}

fn with_functions(sql: &str, yaml: &str) -> Case {
    Case::new(&[
        ("functions/f.sql", sql),
        ("functions/f.yml", yaml),
        ("models/numbers.sql", "{{ config(materialized='table') }}select * from (values (1), (2), (3)) t(n)"),
        ("models/m.sql", "select {{ function('f') }}(n) as y from {{ ref('numbers') }}"),
    ])
}

#[test]
fn functions_are_built_before_what_calls_them() {
    let yaml = "functions:\n  - name: f\n    arguments: [{name: value, data_type: float}, {name: factor, data_type: integer, default_value: 2}]\n    returns: {data_type: double}\n    config: {schema: tools}\n";
    let case = with_functions("select value * factor", yaml);
    let summary = case.go(Verb::Build);
    all_well(&case, &summary);
    assert_eq!(status(&summary, "f"), Status::Success);
    assert_eq!(
        case.query("select sum(y), main_tools.f(4, 3) from m"),
        [[Cell::Float(12.0), Cell::Float(12.0)]]
    );
    // Built again, and called by a query of its own.
    case.write("functions/f.sql", "select value * factor * 10;\n");
    all_well(&case, &case.go(Verb::Build));
    let mut options = case.options(Verb::Show);
    options.inline = Some("select {{ function('f') }}(1) as y".to_owned());
    options.json = true;
    assert!(case.with(options).unwrap().output[0].contains("20.0"));
    let error = with_functions("select 1", "functions:\n  - name: f\n").go_wrong();
    assert!(error.contains("has no `returns:`"), "{error}");
}

#[test]
fn aggregates_add_up_the_rows_of_whoever_calls_them() {
    let yaml = "functions:\n  - name: f\n    config: {type: aggregate}\n    arguments: [{name: n, data_type: double}]\n    returns: {data_type: double}\n";
    let case = with_functions("select sum(n) * 2", yaml);
    all_well(&case, &case.go(Verb::Build));
    assert_eq!(case.query("select * from m"), [[Cell::Float(12.0)]]);
}

#[test]
fn a_function_in_python_is_an_error_of_that_node() {
    let yaml = "functions:\n  - name: g\n    config: {runtime_version: '3.11', entry_point: g}\n    arguments: [{name: n, data_type: double}]\n    returns: {data_type: double}\n";
    let case = Case::new(&[
        ("functions/g.py", "def g(n):\n    return n\n"),
        ("functions/g.yml", yaml),
        ("models/numbers.sql", "select 1 as n"),
    ]);
    let summary = case.go(Verb::Build);
    assert_eq!((status(&summary, "g"), status(&summary, "numbers")), (Status::Error, Status::Success));
    assert!(case.said().contains("write it in SQL"), "{}", case.said());
}

impl Case {
    fn go_wrong(&self) -> String {
        self.with(self.options(Verb::Build)).unwrap_err().to_string()
    }
}
