//! `ingot rehearse`: what was taken out of the tests is what survives, and nothing of the project is touched.

use crate::support::Sandbox;
use std::collections::BTreeSet;

const CONTRACT: &str = "apiVersion: v3.1.0
kind: DataContract
id: shop
name: shop
version: 1.0.0
status: active
servers: [{server: raw, type: local, path: \"{object}.csv\", format: csv}]
schema:
  - name: customers
    customProperties: [{property: ingot.generate, value: {rows: 200}}]
    properties:
      - {name: customer_id, logicalType: integer, physicalType: i32, primaryKey: true, required: true}
      - {name: city, logicalType: string, required: true}
  - name: orders
    customProperties: [{property: ingot.generate, value: {rows: 600}}]
    properties:
      - {name: order_id, logicalType: integer, physicalType: i32, primaryKey: true, required: true}
      - {name: customer_id, logicalType: integer, physicalType: i32, relationships: [{to: customers.customer_id}], customProperties: [{property: ingot.generate, value: {nulls: 0}}]}
      - {name: status, logicalType: string, customProperties: [{property: ingot.generate, value: {values: {paid: 3, open: 1}, nulls: 0}}]}
      - {name: amount, logicalType: number, physicalType: \"dec(10,2)\", required: true, logicalTypeOptions: {minimum: 0, maximum: 500}}
";

const SOURCES: &str = "sources:
  - name: bronze
    config: {meta: {external_location: \"read_parquet('lake/bronze/parquet/{name}/**/*.parquet')\"}}
    tables: [{name: customers}, {name: orders}]
";

const TESTS: &str = "models:
  - name: stg_orders
    columns:
      - name: order_id
        data_tests: [unique, not_null]
      - name: customer_id
        data_tests:
          - not_null
          - relationships: {arguments: {to: ref('stg_customers'), field: customer_id}}
      - name: status
        data_tests:
          - not_null
          - accepted_values: {arguments: {values: [paid, open]}}
  - name: stg_customers
    columns:
      - name: customer_id
        data_tests: [unique]
";

fn project() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.write("schemas/shop.odcs.yaml", CONTRACT);
    sandbox.write("dbt_project.yml", "name: shop\nversion: '1.0'\nprofile: shop\n");
    sandbox.write(
        "profiles.yml",
        "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: duckdb/warehouse.duckdb}\n",
    );
    sandbox.write("models/sources.yml", SOURCES);
    sandbox.write("models/tests.yml", TESTS);
    for table in ["customers", "orders"] {
        sandbox.write(
            &format!("models/stg_{table}.sql"),
            &format!("select * exclude (ingestion_ts) from {{{{ source('bronze', '{table}') }}}}"),
        );
    }
    sandbox.write(
        "models/sales.sql",
        "{{ config(materialized='table') }} select status, customer_id, count(*) as orders, sum(amount) as amount \
         from {{ ref('stg_orders') }} join {{ ref('stg_customers') }} using (customer_id) group by all",
    );
    sandbox.ingot(&["generate", "--no-defects", "--quiet"]).success();
    sandbox
}

/// Table, column and kind of what survived, and the score.
fn survivors(sandbox: &Sandbox) -> (BTreeSet<String>, f64) {
    let printed = sandbox.ingot(&["rehearse", "--format", "json"]).success().stdout;
    let result: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let text = |one: &serde_json::Value, key: &str| one[key].as_str().unwrap().to_owned();
    let survived = result["defects"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["outcome"] == "survived")
        .map(|one| {
            assert!(!text(one, "suggestion").is_empty(), "{one}");
            format!("{}.{} {}", text(one, "table"), text(one, "column"), text(one, "kind"))
        })
        .collect();
    (survived, result["score"].as_f64().unwrap())
}

#[test]
fn what_was_taken_out_of_the_tests_survives_and_nothing_else() {
    let sandbox = project();
    let (full, score) = survivors(&sandbox);
    assert!(score > 50.0, "{score} {full:?}");
    for caught in [
        "orders.amount not_a_number",
        "orders.amount below_minimum",
        "orders.customer_id reference_to_nothing",
        "orders.status value_missing",
        "orders.status unknown_category",
        "orders. key_twice",
    ] {
        assert!(!full.contains(caught), "{caught} survived: {full:?}");
    }
    for (taken, now_survive) in [
        (
            "          - accepted_values: {arguments: {values: [paid, open]}}\n",
            &["orders.status unknown_category", "orders.status category_renamed"][..],
        ),
        ("data_tests: [unique, not_null]", &["orders. key_twice"][..]),
    ] {
        let replacement = if taken.contains("unique") { "data_tests: [not_null]" } else { "" };
        sandbox.write("models/tests.yml", &TESTS.replace(taken, replacement));
        let (thinned, _) = survivors(&sandbox);
        let new: BTreeSet<&str> = thinned.difference(&full).map(String::as_str).collect();
        assert_eq!(new, now_survive.iter().copied().collect(), "without {taken}");
        sandbox.write("models/tests.yml", TESTS);
    }
}

#[test]
fn the_project_is_not_touched_and_a_low_score_fails() {
    let sandbox = project();
    sandbox.ingot(&["load-bronze", "--quiet"]).success();
    sandbox.ingot(&["run-models", "--quiet"]).success();
    let content = || -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let mut files: Vec<_> = walkdir::WalkDir::new(sandbox.path())
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| (entry.path().to_owned(), std::fs::read(entry.path()).unwrap()))
            .collect();
        files.sort();
        files
    };
    let before = content();
    let ran = sandbox.ingot(&["rehearse", "--table", "orders", "--fail-under", "100"]);
    ran.fails_with(1, &["Rehearsal", "survived:", "this would notice it", "defects caught"]);
    assert!(content() == before, "a rehearsal changed a file of the project");
    let markdown =
        sandbox.ingot(&["rehearse", "--table", "customers", "--format", "markdown"]).success().stdout;
    assert!(markdown.starts_with("## Rehearsal: score"), "{markdown}");
    sandbox.ingot(&["rehearse", "--table", "order"]).fails_with(2, &["no feed 'order'", "orders"]);

    sandbox.write(
        "profiles.yml",
        "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: /nowhere/warehouse.duckdb}\n",
    );
    sandbox.ingot(&["rehearse"]).fails_with(2, &["outside of the project", "relative"]);
}
