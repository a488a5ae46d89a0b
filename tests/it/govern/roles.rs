//! `ingot publish --role`: the file of a role has what its grants allow, and no byte of anything else.

use super::{deliver, shop};
use crate::database::Database;
use crate::support::Sandbox;
use serde_json::Value;
use std::path::Path;

/// Values that no other column has, long enough not to be in a file by chance.
const NAMES: [&str; 3] = ["annabella-forbidden", "bartholomew-forbidden", "cassiopeia-forbidden"];

/// The shop with a table of customers that several roles see parts of.
fn with_grants(grants: &str, columns: &str) -> Sandbox {
    let shop = shop();
    shop.write(
        "models/gold/customers.sql",
        "select cast(hash(customer) % 1000 as integer) as number, customer, count(*) as orders, \
         cast(sum(amount) as decimal(18, 2)) as amount from {{ ref('stg_orders') }} group by all",
    );
    shop.write(
        "models/gold/gold.yml",
        &format!(
            "version: 2\nmodels:\n  - name: customers\n    config:\n      {grants}\n    columns:\n      \
             - {{name: customer, data_tests: [not_null, unique]{columns}}}\n      - {{name: number, data_tests: [not_null]}}\n"
        ),
    );
    for (day, name) in (1..).zip(NAMES) {
        deliver(&shop, day, &[(day, name, "10.00")]);
    }
    shop.ingot(&["load-bronze", "--quiet"]).success();
    shop.ingot(&["run-models", "--quiet"]).success();
    shop
}

fn role_file(shop: &Sandbox, role: &str) -> std::path::PathBuf {
    shop.join(&format!("duckdb/published/roles/{role}/shop_{role}.duckdb"))
}

fn columns(file: &Path) -> Vec<String> {
    let database = Database::in_memory();
    let quoted = file.to_string_lossy().replace('\'', "''");
    database.execute(&format!("attach '{quoted}' as bi (read_only)"));
    database.texts("select schema_name || '.' || table_name || '.' || column_name from duckdb_columns() where database_name = 'bi' order by 1")
}

fn values(file: &Path, sql: &str) -> Vec<String> {
    let database = Database::in_memory();
    let quoted = file.to_string_lossy().replace('\'', "''");
    database.execute(&format!("attach '{quoted}' as bi (read_only)"));
    database.texts(sql)
}

/// How often one of the values is in the bytes of a file.
fn found_in(file: &Path, values: &[&str]) -> usize {
    let bytes = std::fs::read(file).unwrap();
    let is_at = |value: &str| bytes.windows(value.len()).filter(|bytes| *bytes == value.as_bytes()).count();
    values.iter().map(|value| is_at(value)).sum()
}

#[test]
fn a_role_gets_tables_that_are_granted_to_it_and_no_byte_of_a_personal_column() {
    let shop = with_grants("grants: {select: [marketing]}", "");
    let ran = shop.ingot(&["publish", "--role", "marketing"]).success();
    assert!(
        ran.stdout.contains(
            "gold.customers: without number, customer; of which no grant names number, customer, which may hold personal data"
        ),
        "{}",
        ran.stdout
    );
    let file = role_file(&shop, "marketing");
    // Silver is granted to nobody; the column is personal by its contract, and so is what is made of it.
    assert_eq!(columns(&file), ["gold.customers.amount", "gold.customers.orders"]);
    assert_eq!(found_in(&file, &NAMES), 0);
    // The search finds what is there: the same table without a role.
    shop.ingot(&["publish"]).success();
    assert!(found_in(&shop.join("duckdb/published/shop.duckdb"), &NAMES) > 0);
    let manifest = std::fs::read(file.with_extension("json")).unwrap();
    assert_eq!(found_in(&file.with_extension("json"), &NAMES), 0);
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["role"], "marketing");
    assert_eq!(manifest["tables"][0]["kept_back"]["personal"], serde_json::json!(["number", "customer"]));
}

#[test]
fn masks_and_row_filters_are_those_of_the_role() {
    let shop = with_grants(
        "grants: {select: [marketing, finance, service]}\n      meta: {row_filter: {service: \"number in (select number from gold.customers where customer like 'ann%')\"}}",
        ", config: {meta: {grants: {select: [finance]}, mask: {marketing: \"left(customer, 1) || '…'\"}}}",
    );
    for role in ["marketing", "finance", "service"] {
        shop.ingot(&["publish", "--role", role]).success();
    }
    let of = |role: &str, sql: &str| values(&role_file(&shop, role), sql);
    assert_eq!(of("marketing", "select customer from bi.gold.customers order by 1"), ["a…", "b…", "c…"]);
    assert_eq!(found_in(&role_file(&shop, "marketing"), &NAMES), 0);
    assert_eq!(of("finance", "select customer from bi.gold.customers order by 1"), NAMES);
    // One row, and not the name that the filter asks for.
    assert_eq!(of("service", "select cast(count(*) as varchar) from bi.gold.customers"), ["1"]);
    assert!(!columns(&role_file(&shop, "service")).contains(&"gold.customers.customer".to_owned()));
    assert_eq!(found_in(&role_file(&shop, "service"), &NAMES), 0);
}

#[test]
fn what_is_not_granted_or_not_understood_is_an_error_and_nothing_is_written() {
    let shop = with_grants("grants: {select: [marketing]}", "");
    shop.ingot(&["publish", "--role", "marketng"])
        .fails_with(2, &["granted to the role 'marketng'", "did you mean 'marketing'?"]);
    shop.ingot(&["publish", "--role", "../x"]).fails_with(2, &["not a valid name of a role"]);
    shop.ingot(&["publish", "--role", "marketing", "--select", "silver"]).fails_with(2, &["check --select"]);
    assert!(!role_file(&shop, "marketing").exists());

    let shop = with_grants("grants: {select: [marketing]}", ", config: {meta: {mask: [\"'x'\"]}}");
    shop.ingot(&["publish", "--role", "marketing"])
        .fails_with(1, &["customers: meta.mask of the column 'customer'"]);
    let shop =
        with_grants("grants: {select: [marketing]}", ", config: {meta: {mask: \"nonsense(customer)\"}}");
    shop.ingot(&["publish", "--role", "marketing"]).fails_with(1, &["copying gold.customers", "nonsense"]);
    assert!(!role_file(&shop, "marketing").exists());
    assert_eq!(std::fs::read_dir(shop.join("duckdb/published/roles/marketing/versions")).unwrap().count(), 0);
}
