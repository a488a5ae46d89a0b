//! Governance: the audit trail of what commands change, roles, environments, domains.

mod audit;
mod domain;
// The test looks at inodes.
#[cfg(unix)]
mod environments;
mod erase;
mod every_command;
mod query;
mod roles;

use crate::support::Sandbox;
use serde_json::Value;
use std::path::PathBuf;

/// A small project of its own: one feed with a personal column, and a table of silver and of gold that the lake has copies of.
fn shop() -> Sandbox {
    let shop = Sandbox::empty();
    let contract = "apiVersion: v3.1.0\nkind: DataContract\nid: orders\nname: orders\nversion: 1.0.0\nstatus: active\n\
        servers:\n  - server: raw\n    type: local\n    path: orders/day-*.csv\n    format: csv\n\
        schema:\n  - name: orders\n    logicalType: object\n    physicalType: table\n    properties:\n\
        \x20     - {name: id, logicalType: integer, physicalType: i64, required: true, primaryKey: true}\n\
        \x20     - {name: customer, logicalType: string, physicalType: str, classification: personal}\n\
        \x20     - {name: amount, logicalType: number, physicalType: 'decimal(10,2)', required: true}\n";
    shop.write("schemas/orders.odcs.yaml", contract);
    shop.write(
        "dbt_project.yml",
        "name: shop\nversion: '1.0'\nconfig-version: 2\nprofile: shop\nmodel-paths: [models]\n\
         models:\n  shop:\n    +materialized: table\n\
         \x20   silver: {+schema: silver, +meta: {lake_folder: lake/silver}}\n\
         \x20   gold: {+schema: gold, +meta: {lake_folder: lake/gold}}\n",
    );
    shop.write(
        "profiles.yml",
        "shop:\n  target: local\n  outputs:\n    local: {type: duckdb, path: duckdb/warehouse.duckdb, threads: 1}\n",
    );
    shop.write(
        "macros/names.sql",
        "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}",
    );
    shop.write(
        "models/sources.yml",
        "version: 2\nsources:\n  - name: bronze\n    meta: {external_location: \"read_parquet('lake/bronze/parquet/{name}/**/*.parquet')\"}\n    tables: [{name: orders}]\n",
    );
    shop.write(
        "models/silver/stg_orders.sql",
        "select id, customer, amount from {{ source('bronze', 'orders') }}",
    );
    shop.write(
        "models/gold/customers.sql",
        "select customer, count(*) as orders, cast(sum(amount) as decimal(18, 2)) as amount from {{ ref('stg_orders') }} group by all",
    );
    shop.write(
        "models/gold/gold.yml",
        "version: 2\nmodels:\n  - name: customers\n    columns: [{name: customer, data_tests: [not_null, unique]}]\n",
    );
    shop
}

fn deliver(shop: &Sandbox, day: u32, rows: &[(u32, &str, &str)]) {
    let mut text = "id,customer,amount\n".to_owned();
    for (id, customer, amount) in rows {
        text.push_str(&format!("{id},{customer},{amount}\n"));
    }
    shop.write(&format!("data_raw/orders/day-{day:02}.csv"), &text);
}

/// The entries of the trail, the oldest first.
fn entries(shop: &Sandbox) -> Vec<Value> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(shop.join("audit"))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "jsonl"))
        .collect();
    files.sort();
    let text: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
