//! `ingot rehearse`: what was taken out of the tests is what survives, and nothing of the project is touched.

use crate::support::Sandbox;
use std::collections::{BTreeMap, BTreeSet};

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
            assert!(!text(one, "suggestion").is_empty() && !text(one, "why").is_empty(), "{one}");
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
fn who_survived_is_told_why() {
    let sandbox = project();
    sandbox.write(
        "models/tests.yml",
        &TESTS.replace("          - accepted_values: {arguments: {values: [paid, open]}}\n", ""),
    );
    let printed = sandbox.ingot(&["rehearse", "--format", "json"]).success().stdout;
    let result: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let why = |column: &str, kind: &str| {
        let is_it = |one: &&serde_json::Value| {
            one["table"] == "orders" && one["column"] == column && one["kind"] == kind
        };
        let found = result["defects"].as_array().unwrap().iter().find(is_it).unwrap();
        assert_eq!(found["outcome"], "survived", "{found}");
        found["why"].as_str().unwrap().to_owned()
    };
    // Only one of the tests of the orders reads the column.
    assert_eq!(
        why("status", "unknown_category"),
        "one test depends on orders.status and passed: not_null_stg_orders_status"
    );
}

const SALES: &str = "apiVersion: v3.1.0
kind: DataContract
id: sales
name: sales
version: 1.0.0
status: active
servers: [{server: raw, type: local, path: \"sales_*.csv\", format: csv}]
schema:
  - name: sales
    properties:
      - {name: sale_id, logicalType: integer, physicalType: i32, primaryKey: true, required: true}
      - {name: day, logicalType: date, physicalType: date, required: true}
      - {name: region, logicalType: string}
      - {name: quantity, logicalType: integer, physicalType: i32}
      - {name: price, logicalType: number, physicalType: \"dec(10,2)\"}
      - {name: amount, logicalType: number, physicalType: \"dec(10,2)\"}
";

/// A project without any test.
fn project_without_tests() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.write("schemas/sales.odcs.yaml", SALES);
    sandbox.write("dbt_project.yml", "name: shop\nversion: '1.0'\nprofile: shop\n");
    sandbox.write(
        "profiles.yml",
        "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: duckdb/warehouse.duckdb}\n",
    );
    sandbox
        .write("models/sources.yml", &SOURCES.replace("{name: customers}, {name: orders}", "{name: sales}"));
    sandbox.write("models/sold.sql", "select * exclude (ingestion_ts) from {{ source('bronze', 'sales') }}");
    for file in 0..6 {
        let mut text = "sale_id,day,region,quantity,price,amount\n".to_owned();
        for row in 0..60 {
            let (id, region) = (file * 60 + row, ["north", "south", "east"][row % 3]);
            let (quantity, price) = (row % 5 + 1, 10 + row % 7);
            let amount = quantity * price;
            text.push_str(&format!(
                "{id},2025-03-{:02},{region},{quantity},{price}.50,{amount}.00\n",
                file + 1
            ));
        }
        sandbox.write(&format!("data_raw/sales_{file}.csv"), &text);
    }
    sandbox
}

/// Puts what a suggestion says into the document, as a person would: named things into the thing of that name.
fn paste(into: &mut serde_json::Value, from: &serde_json::Value) {
    use serde_json::Value;
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                match into.get_mut(key) {
                    Some(known) => paste(known, value),
                    None => {
                        into.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(into), Value::Array(from)) => {
            for value in from {
                let name = value.get("name").filter(|_| value.get("type").is_none());
                // One test may be what two defects ask for.
                if into.contains(value) {
                    continue;
                }
                match into.iter_mut().find(|one| name.is_some() && one.get("name") == name) {
                    Some(known) => paste(known, value),
                    None => into.push(value.clone()),
                }
            }
        }
        (into, from) => *into = from.clone(),
    }
}

#[test]
fn what_is_suggested_catches_what_survived() {
    let sandbox = project_without_tests();
    let printed = sandbox.ingot(&["rehearse", "--format", "json"]).success().stdout;
    let result: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let (survived, _) = survivors(&sandbox);
    let whys = result["defects"].as_array().unwrap().iter().filter(|one| one["outcome"] == "survived");
    for why in whys.map(|one| one["why"].as_str().unwrap()) {
        assert!(why.contains("no test depends on"), "{why}");
    }
    let kinds: BTreeSet<&str> = survived.iter().filter_map(|one| one.split(' ').nth(1)).collect();
    for kind in [
        "value_missing",
        "unknown_category",
        "category_renamed",
        "mostly_missing",
        "unit_shifted",
        "distribution_moved",
        "negative",
        "far_future",
        "key_twice",
        "day_missing",
        "doubled_delivery",
        "columns_swapped",
    ] {
        assert!(kinds.contains(kind), "{kind} is not among {survived:?}");
    }
    let read = |text: &str| ingot_core::yaml::parse(text, std::path::Path::new("a.yml")).unwrap().to_json();
    let mut files = BTreeMap::new();
    for defect in result["defects"].as_array().unwrap().iter().filter(|one| one["outcome"] == "survived") {
        let text = defect["suggestion"].as_str().unwrap();
        let file =
            if text.starts_with("# schemas/") { "schemas/sales.odcs.yaml" } else { "models/sources.yml" };
        let known = || read(&std::fs::read_to_string(sandbox.join(file)).unwrap());
        paste(files.entry(file).or_insert_with(known), &read(text));
    }
    for (file, content) in files {
        sandbox.write(file, &format!("{content:#}"));
    }
    let (still, score) = survivors(&sandbox);
    assert!(still.is_empty() && score == 100.0, "{score} {still:?}");
}

#[test]
fn the_project_is_not_touched_and_a_low_score_fails() {
    let sandbox = project();
    sandbox.write(
        "models/tests.yml",
        &TESTS.replace("          - accepted_values: {arguments: {values: [paid, open]}}\n", ""),
    );
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
